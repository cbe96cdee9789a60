// Creates the outbox, a row for each event and destination, written in the transaction of what it reports; and the
// table of deadline warnings that were issued.
import type { Knex } from 'knex';
import { runResumably } from './resumable-ddl.js';

export const notifications: Knex.Migration = { up, down };

/** "mail " and the longest address, with room. */
const DESTINATION_LENGTH = 320;

async function up(knex: Knex): Promise<void> {
  const outbox = knex.schema.createTable('kms_rotation_outbox', (table) => {
    table.bigIncrements('id');
    /** Identifies the event, so that a receiver can drop repeated deliveries. */
    table.string('event_id', 36).notNullable();
    table.string('event_type', 32).notNullable();
    table.string('destination', DESTINATION_LENGTH).notNullable();
    table.string('run_id', 36).notNullable();
    /** The object that the event is about, if any. */
    table.string('uid', 128);
    /** JSON, kms.event/v1; never a secret. */
    table.text('payload', 'mediumtext').notNullable();
    /** Seconds since 1970, like all times of this table. */
    table.bigInteger('created_at').notNullable();
    /** waiting, sent or given-up */
    table.string('state', 16).notNullable();
    table.integer('attempts').notNullable();
    /** If the row is claimed, when the claim ends. */
    table.bigInteger('next_attempt_at').notNullable();
    /** Random, new for each claim. */
    table.string('claimed_by', 36).index('kms_rotation_outbox_claim');
    /** The idempotency key: rows that were sent as one message stay one. */
    table.string('message_id', 36);
    table.bigInteger('settled_at');
    table.text('last_error');
    table.unique(['event_id', 'destination'], { indexName: 'kms_rotation_outbox_once' });
    table.index(['state', 'destination', 'attempts', 'id'], 'kms_rotation_outbox_next');
  });
  await runResumably(knex, outbox);
  const warnings = knex.schema.createTable('kms_rotation_warnings', (table) => {
    table.bigIncrements('id');
    table.string('uid', 128).notNullable();
    /** rotation or expiry */
    table.string('kind', 16).notNullable();
    table.bigInteger('deadline').notNullable();
    table.integer('threshold_days').notNullable();
    table.string('event_id', 36).notNullable().index('kms_rotation_warnings_event');
    table.bigInteger('given_at').notNullable();
    table.unique(['uid', 'kind', 'deadline', 'threshold_days'], {
      indexName: 'kms_rotation_warnings_once',
    });
  });
  await runResumably(knex, warnings);
}

async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('kms_rotation_warnings');
  await knex.schema.dropTable('kms_rotation_outbox');
}
