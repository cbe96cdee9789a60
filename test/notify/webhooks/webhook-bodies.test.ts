// The body of each format has the form of an example in its provider's documentation: no member that the example lacks,
// and of the same types.
import assert from 'node:assert/strict';
import { WEBHOOK_BODIES } from '../../../src/notify/webhooks/webhook-bodies.js';
import type { KmsEvent } from '../../../src/report/events.js';
import type { WebhookFormat } from '../../../src/settings/webhook-formats.js';
import { aTest, failure, oneOfEach, rotated, warning } from '../../support/events.js';
import { JANUARY } from '../../support/symmetric-keys.js';

function bodyOf(format: WebhookFormat, events: readonly KmsEvent[]): unknown {
  const sending = { now: JANUARY, cadenceSeconds: null, token: 'samplekeyhere' };
  return JSON.parse(JSON.stringify(WEBHOOK_BODIES[format].bodyOf(events, sending))) as unknown;
}

const EXAMPLES: readonly (readonly [WebhookFormat, string, unknown])[] = [
  [
    'cloudevents',
    'CloudEvents 1.0, JSON Event Format §3.2',
    {
      specversion: '1.0',
      type: 'com.example.someevent',
      source: '/mycontext',
      subject: 'null',
      id: 'C234-1234-1234',
      time: '2018-04-05T17:31:00Z',
      datacontenttype: 'application/json',
      // Ours, as the specification allows extensions.
      schema: 'kms.event/v1',
      data: {},
    },
  ],
  ['slack', 'Slack, "Sending messages using incoming webhooks"', { text: 'Hello, world.' }],
  [
    'teams',
    'Microsoft, "Create incoming webhooks with Workflows"',
    {
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          contentUrl: null,
          content: {
            $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
            type: 'AdaptiveCard',
            version: '1.2',
            body: [{ type: 'TextBlock', text: 'For samples', wrap: true, weight: 'Bolder' }],
          },
        },
      ],
    },
  ],
  [
    'pagerduty',
    'PagerDuty, "Send an Alert Event"',
    {
      payload: {
        summary: 'DISK at 99% on machine prod-datapipe03.example.com',
        timestamp: '2015-07-17T08:42:58.315+0000',
        severity: 'critical',
        source: 'prod-datapipe03.example.com',
        component: 'postgres',
        custom_details: {},
      },
      routing_key: 'samplekeyhere',
      dedup_key: 'samplekeyhere',
      event_action: 'trigger',
    },
  ],
  [
    'alertmanager',
    'Prometheus, "Alerts API"',
    [
      {
        labels: { alertname: 'a', '<labelname>': 'b' },
        annotations: { '<labelname>': 'c' },
        startsAt: '2026-01-10T08:00:00Z',
        endsAt: '2026-01-10T08:00:00Z',
      },
    ],
  ],
];

/** Members with open content, which the providers leave to the sender. */
const OPEN = ['data', 'custom_details', 'labels', 'annotations'];

/** Names the members of a value that an example has not, or has with another type. */
function foreign(value: unknown, example: unknown, path: string): readonly string[] {
  if (Array.isArray(value) && Array.isArray(example)) {
    return value.flatMap((item, index) => foreign(item, example[0], `${path}[${index}]`));
  }
  if (value === null || example === null || typeof value !== 'object') {
    return typeof value === typeof example ? [] : [path];
  }
  if (OPEN.some((name) => path.endsWith(`.${name}`))) return [];
  const known = example as Readonly<Record<string, unknown>>;
  return Object.entries(value).flatMap(([name, item]) =>
    name in known ? foreign(item, known[name], `${path}.${name}`) : [`${path}.${name}`],
  );
}

describe('the body of a webhook', () => {
  for (const [format, source, example] of EXAMPLES) {
    it(`in the format ${format} has the form of the example in ${source}`, () => {
      for (const event of oneOfEach()) {
        if (!WEBHOOK_BODIES[format].supports(event)) continue;
        assert.deepEqual(foreign(bodyOf(format, [event]), example, ''), [], event.type);
      }
    });
  }

  it('names the store in every format', () => {
    for (const [format] of EXAMPLES) {
      assert.ok(JSON.stringify(bodyOf(format, [failure()])).includes('test-store'), format);
    }
    const { store } = bodyOf('raw', [failure()]) as { store: string };
    assert.equal(store, 'test-store');
  });

  it('for PagerDuty triggers one incident an object, and a rotation resolves it; a test wakes nobody', () => {
    const bodies = [failure(), warning(), rotated(), aTest()].map(
      (event) => bodyOf('pagerduty', [event]) as { event_action: string; dedup_key: string },
    );
    assert.deepEqual(
      bodies.map(({ event_action: action, dedup_key: key }) => [action, key]),
      [
        ['trigger', 'kms/test-store/key-1'],
        ['trigger', 'kms/test-store/key-1'],
        ['resolve', 'kms/test-store/key-1'],
        ['resolve', 'kms/test-store/test'],
      ],
    );
  });

  it('for Teams has no markup of a uid', () => {
    const text = JSON.stringify(bodyOf('teams', [failure({ uid: '[x](http://evil)*' })]));
    assert.ok(text.includes(String.raw`\\[x\\](http://evil)\\*`), text);
  });
});
