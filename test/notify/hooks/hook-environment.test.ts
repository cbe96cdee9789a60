// The environment of a hook: what it contains, and that nothing else of ours reaches the process.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KmsEvent } from '../../../src/report/events.js';
import { hookEnvironment } from '../../../src/notify/hooks/hook-environment.js';
import { failure, finished, rotated, warning } from '../../support/events.js';
import { aScript, hooksOf } from '../../support/hooks.js';
import { temporaryFolder } from '../../support/temporary.js';

describe('the environment of a hook', () => {
  const OURS = {
    ...{ PATH: '/bin', HOME: '/root', LANG: 'C', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    ...{ KMS_DATABASE_URL: 'postgres://u:secret@h/d', KMS_NOTIFY_SMTP_PASSWORD: 'secret' },
    ...{ OTEL_EXPORTER_OTLP_HEADERS: 'a=secret', PGPASSWORD: 'secret', NODE_OPTIONS: '--x' },
  };

  it('has the variables that programs need, and no others of ours', () => {
    const names = Object.keys(hookEnvironment(finished(), 1, OURS));
    assert.deepEqual(names.filter((name) => !name.startsWith('KMS_')).sort(), [
      'HOME',
      'LANG',
      'LC_ALL',
      'PATH',
      'TZ',
    ]);
    assert.ok(!JSON.stringify(hookEnvironment(finished(), 1, OURS)).includes('secret'));
  });

  it('describes the event', () => {
    const described = (event: KmsEvent) => {
      const { KMS_RUN_ID, KMS_EVENT_ID, KMS_STORE_NAME, ...rest } = hookEnvironment(event, 3, {});
      assert.deepEqual(
        [KMS_RUN_ID, KMS_EVENT_ID, KMS_STORE_NAME],
        [event.data.runId, event.id, event.data.store],
      );
      return rest;
    };
    assert.deepEqual(described(rotated({ uid: 'a', replacementUid: 'a@1' })), {
      ...{ KMS_EVENT: 'rotated', KMS_ATTEMPT: '3' },
      ...{ KMS_UID: 'a', KMS_REPLACEMENT_UID: 'a@1' },
    });
    assert.equal(described(failure())['KMS_REASON'], 'WrappingCycle');
    assert.equal(described(warning())['KMS_UID'], 'key-1');
    assert.deepEqual(described(finished()), {
      ...{ KMS_EVENT: 'finished', KMS_ATTEMPT: '3', KMS_EXIT_CODE: '0' },
    });
    const heads = ['a', 'b'].map((chain) => ({ chain, seq: 3, hash: 'ef' }));
    assert.equal(described(finished(heads))['KMS_AUDIT_HEADS'], 'a:3:ef b:3:ef');
  });

  it('is what the process really receives', async () => {
    const file = join(temporaryFolder(), 'environment');
    writeFileSync(file, '');
    process.env['KMS_TEST_MARKER'] = 'secret';
    try {
      const environment = { KMS_CONFIG: '/etc/kms/kms.toml', KMS_UID: 'of another' };
      const [hook] = hooksOf({ rotated: [aScript(`env > '${file}'`)] }, { environment });
      const event = rotated();
      const message = { id: event.id, attempt: 1, events: [event] };
      await hook!.send(message, new AbortController().signal);
    } finally {
      delete process.env['KMS_TEST_MARKER'];
    }
    const text = readFileSync(file, 'utf8');
    assert.match(text, /^KMS_EVENT=rotated$/m);
    assert.match(text, /^KMS_CONFIG=\/etc\/kms\/kms.toml$/m);
    assert.match(text, /^KMS_UID=key-1$/m);
    assert.ok(!text.includes('secret'));
  });
});
