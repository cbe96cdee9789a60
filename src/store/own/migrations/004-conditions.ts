// Creates the table of what is wrong now, and that of the last runs. Streaks of failures that the log holds become
// conditions, as told as they were logged, so that an upgrade tells nobody twice.
import type { Knex } from 'knex';
import { conditionKey } from '../../../conditions/condition.js';
import { grantOnUpgrade, type UpgradeGrants } from './grant-on-upgrade.js';
import { runResumably } from './resumable-ddl.js';

export const conditions: Knex.Migration = { up, down };

async function up(knex: Knex): Promise<void> {
  const schema = knex.schema.createTable('kms_rotation_conditions', (table) => {
    /** A digest of what it is about: there is one row for each. */
    table.string('condition_key', 64).notNullable().primary();
    table.string('id', 16).notNullable().index('kms_rotation_conditions_id');
    table.string('kind', 32).notNullable();
    table.string('subject', 320).notNullable();
    /** JSON: owner, type, algorithm and tags of the object. */
    table.text('about').notNullable();
    table.string('reason', 64).notNullable();
    table.text('message').notNullable();
    table.text('hint');
    /** Seconds since 1970, like all times of this table. */
    table.bigInteger('first_seen_at').notNullable();
    table.bigInteger('last_seen_at').notNullable();
    table.bigInteger('failures').notNullable();
    table.bigInteger('told_at');
    table.string('told_as', 8);
    table.string('told_reason', 64);
    table.bigInteger('logged_at');
    table.string('logged_as', 8);
    table.string('logged_reason', 64);
    table.bigInteger('acknowledged_until');
    table.string('acknowledged_by', 255);
    table.text('acknowledged_because');
    table.bigInteger('resolved_at').index('kms_rotation_conditions_over');
    table.string('resolution', 16);
  });
  await runResumably(knex, schema);
  const runs = knex.schema.createTable('kms_rotation_runs', (table) => {
    /** A digest of the scope. */
    table.string('scope_key', 64).notNullable().primary();
    /** JSON: the filters and the shard of the run. */
    table.text('scope').notNullable();
    table.string('run_id', 36).notNullable();
    table.string('host', 255).notNullable();
    table.bigInteger('started_at').notNullable();
    table.bigInteger('finished_at').notNullable();
    table.integer('exit_code').notNullable();
    table.integer('due').notNullable();
    table.integer('rotated').notNullable();
    table.integer('failed').notNullable();
    table.integer('not_attempted').notNullable();
    /** Null if no setting said how often runs are started. */
    table.bigInteger('cadence_seconds');
    /** When a run last came to the end of its list. */
    table.bigInteger('last_good_at');
  });
  await runResumably(knex, runs);
  await takeOverFailures(knex);
  await grantOnUpgrade(knex, 'kms_rotation_log', GRANTS);
}

/** Failures this long before the last row of the log are over, or known to everybody. */
const RECENT_SECONDS = 7 * 86_400;

interface Streak {
  readonly uid: string;
  readonly failures: number | string;
  readonly first_at: string;
  readonly last_at: string;
  readonly reason: string;
  readonly message: string;
}

/** Makes a condition of each object that failed since it was last rotated, and lately. */
async function takeOverFailures(knex: Knex): Promise<void> {
  const newest = await knex('kms_rotation_log').max<{ at: string | null }>('at AS at').first();
  if (newest === undefined || newest.at === null) return;
  const recent = secondsOf(newest.at) - RECENT_SECONDS;
  const rotated = knex('kms_rotation_log')
    .whereIn('outcome', ['rotated', 'completed'])
    .groupBy('uid')
    .select('uid', knex.raw('MAX(id) AS last_id'));
  const streaks = knex('kms_rotation_log AS failure')
    .leftJoin(rotated.as('rotated'), 'rotated.uid', 'failure.uid')
    .where('failure.outcome', 'failed')
    .whereRaw('failure.id > COALESCE(rotated.last_id, 0)')
    .groupBy('failure.uid')
    .select(
      knex.raw('COUNT(*) AS failures'),
      knex.raw('MIN(failure.at) AS first_at'),
      knex.raw('MAX(failure.id) AS last_id'),
    );
  const rows = await knex
    .from(streaks.as('streak'))
    .join('kms_rotation_log AS latest', 'latest.id', 'streak.last_id')
    .whereNotNull('latest.reason')
    .whereNotNull('latest.message')
    .select<Streak[]>(
      ...['latest.uid', 'latest.reason', 'latest.message', 'latest.at AS last_at'],
      ...['streak.failures', 'streak.first_at'],
    );
  const known =
    await knex('kms_rotation_conditions').select<{ condition_key: string }[]>('condition_key');
  const taken = new Set(known.map((row) => row.condition_key));
  for (const streak of rows) {
    const row = conditionRow(streak);
    if (row.last_seen_at >= recent && !taken.has(row.condition_key)) {
      await knex('kms_rotation_conditions').insert(row);
    }
  }
}

function conditionRow({ uid, failures, first_at, last_at, reason, message }: Streak) {
  const kind = reason === 'HsmResident' ? 'out-of-reach' : 'rotation-failed';
  const key = conditionKey({ kind, subject: uid });
  const lastSeenAt = secondsOf(last_at);
  return {
    condition_key: key,
    id: key.slice(0, 8),
    kind,
    subject: uid,
    about: JSON.stringify({ owner: null, objectType: null, algorithm: null, tags: [] }),
    reason,
    message,
    first_seen_at: secondsOf(first_at),
    last_seen_at: lastSeenAt,
    failures: Number(failures),
    told_at: lastSeenAt,
    told_as: 'wrong',
    told_reason: reason,
    logged_at: lastSeenAt,
    logged_as: 'wrong',
    logged_reason: reason,
  };
}

function secondsOf(at: string): number {
  return Date.parse(at) / 1000;
}

/** Whoever may write the log may write these, and prune. */
const GRANTS: UpgradeGrants = {
  SELECT: ['SELECT ON kms_rotation_conditions, kms_rotation_runs'],
  INSERT: [
    'INSERT, UPDATE ON kms_rotation_conditions, kms_rotation_runs',
    'DELETE ON kms_rotation_conditions, kms_rotation_outbox',
  ],
};

async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('kms_rotation_runs');
  await knex.schema.dropTable('kms_rotation_conditions');
}
