// `kms certificate create`: creates a certificate in a store without a server, signed by itself or by an authority
// there.
import { randomUUID } from 'node:crypto';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { clock } from '../../cli/clock.js';
import { countFlag, durationFlag, instantFlag, textFlag, textArg } from '../../cli/flags.js';
import {
  createCertificate,
  DEFAULT_VALIDITY_SECONDS,
  type CertificateRequest,
} from '../../creation/create-certificate.js';
import { NEW_KEY_CURVES, NEW_PAIR_ALGORITHMS, newPairKind } from '../../creation/new-key-kind.js';
import { newUid } from '../../creation/new-uid.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import { dateViolationsOf } from '../../rotation/date-violations.js';
import { evaluateSchedule, knownOf, type EvaluationOptions } from '../../rotation/eligibility.js';
import { initWriter } from '../../cli/run-context.js';
import { ensureDefaultStore } from '../../setup/default-store.js';
import { certificateDatesOf } from '../../survey/certificate-validity.js';
import { certificateView } from '../../views/keys/certificate-view.js';
import { keyView } from '../../views/keys/key-view.js';

export default class CertificateCreate extends BaseCommand {
  static override summary = 'create a certificate, with a pair of its own or for one of the store';

  static override description = `Prints the Unique Identifier of the new certificate. With --issuer the latest certificate of that authority signs it, and it ends no later than that one; else it signs itself. If no database is named, the default store is made on first use.`;

  static override examples = [
    '<%= config.bin %> certificate create root --subject "CN=Example Root,O=Example" --authority --validity 10y',
    '<%= config.bin %> certificate create www --subject CN=www.example.org --issuer root --san DNS:www.example.org --validity 90d --interval 60d',
    '<%= config.bin %> certificate create signer --subject CN=signer --key signing',
  ];

  static override args = {
    uid: textArg({ description: 'Unique Identifier (default: a random UUID)' }),
  };

  static override flags = {
    subject: Flags.string({
      description: 'subject, such as CN=www.example.org,O=Example,C=FR',
      required: true,
      helpValue: '<name>',
    }),
    san: Flags.string({
      description:
        'alternative name of the subject: DNS:…, IP:…, email:… or URI:…; may be repeated',
      multiple: true,
      helpValue: '<name>',
    }),
    issuer: Flags.string({
      description: 'certificate of the authority that signs it (default: it signs itself)',
      helpValue: '<uid>',
    }),
    validity: durationFlag({ description: 'how long it is valid (default: 1y)' }),
    authority: Flags.boolean({
      description: 'make it an authority, which may issue certificates',
      default: false,
    }),
    'path-length': Flags.integer({
      description: 'how many levels of authorities may be below it (default: any number)',
      dependsOn: ['authority'],
      min: 0,
      helpValue: '<number>',
    }),
    key: Flags.string({
      description: 'private key in the store to certify (default: a new pair)',
      helpValue: '<uid>',
    }),
    type: Flags.option({ options: ['rsa', 'ec', 'pqc'] as const })({
      description: 'kind of the new pair (default: ec)',
      exclusive: ['key'],
    }),
    algorithm: Flags.string({
      description: 'Cryptographic Algorithm of a post-quantum pair',
      options: [...NEW_PAIR_ALGORITHMS],
      exclusive: ['key'],
      helpValue: '<algorithm>',
    }),
    length: countFlag({
      description: 'length of an RSA key in bits (default: 3072)',
      exclusive: ['key'],
    }),
    curve: Flags.string({
      description: 'curve of a key of type ec (default: P256)',
      options: [...NEW_KEY_CURVES],
      exclusive: ['key'],
      helpValue: '<curve>',
    }),
    interval: durationFlag({ description: 'how often to renew it' }),
    offset: durationFlag({
      description: 'renew it for the first time this long after its Initial Date',
      dependsOn: ['interval'],
    }),
    keyset: Flags.boolean({
      default: false,
      description: 'start a keyset: its uid goes on to name the latest generation',
    }),
    name: textFlag({ description: 'its Name' }),
    owner: textFlag({ description: 'its owner, and that of its pair', default: 'admin' }),
    'initial-date': instantFlag({
      description: 'its Initial Date, from which it is valid (default: now)',
    }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(CertificateCreate);
    const now = clock.now();
    const { type = 'ec', algorithm, length, curve } = flags;
    const kind = newPairKind({ type, algorithm, length, curve });
    const request: CertificateRequest = {
      certificate: {
        uid: newUid(args.uid),
        owner: flags.owner,
        subject: flags.subject,
        alternativeNames: flags.san ?? [],
        validitySeconds: flags.validity ?? DEFAULT_VALIDITY_SECONDS,
        isAuthority: flags.authority,
        pathLength: flags['path-length'] ?? null,
        initialDate: flags['initial-date'] ?? now,
        name: flags.name ?? null,
        tags: [],
        intervalSeconds: flags.interval ?? null,
        offsetSeconds: flags.offset ?? null,
        keyset: flags.keyset,
      },
      key: flags.key ?? { kind, uid: randomUUID() },
      issuer: flags.issuer ?? null,
      now,
    };
    const config = this.configuration(flags);
    await ensureDefaultStore(config, this.printer, initWriter(this.session.origin));
    return this.session.withStore(config, 'write', async (store) => {
      const { candidate, object, shortened } = await createCertificate(
        store,
        request,
        this.session.writer(),
      );
      const certificate = await certificateView(object);
      const options = {
        now,
        withinSeconds: 0,
        firstDeadline: config.firstDeadline,
        ends: config.ends,
      };
      const notices = [
        ...(shortened
          ? [`the certificate ends at ${certificate.notAfter}, as that of its issuer ends then`]
          : []),
        ...dateRemarks(candidate, options),
      ];
      for (const notice of notices) this.printer.note('warn', notice);
      await this.printer.print(flags, [candidate.row.id]);
      const key = keyView(candidate, options);
      return this.finish({ schema: 'kms.key/v1', key, certificate, notices }, 0);
    });
  }
}

/** Returns what to say of a policy that does not fit the certificate. */
function dateRemarks(candidate: RotationCandidate, options: EvaluationOptions): readonly string[] {
  const certificate = certificateDatesOf(candidate);
  const evaluation = evaluateSchedule(candidate.row, options, knownOf(candidate, certificate));
  const violations = dateViolationsOf(candidate, evaluation, { now: options.now, certificate });
  return violations.map(({ detail }) => detail);
}
