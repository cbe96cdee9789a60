// What `kms key export` is asked to export, from its flags: which of them go together, and how many names they take.
import { KmsError } from '../errors.js';

export type ExportMode =
  | { readonly kind: 'public'; readonly name: string }
  | { readonly kind: 'jwks' | 'bundle'; readonly names: readonly string[] };

interface ExportFlags {
  readonly public: boolean;
  readonly jwks: boolean;
  readonly bundle: boolean;
  readonly retired: boolean;
  readonly chain: boolean;
  readonly verify: boolean;
  readonly use?: string | undefined;
  readonly alg?: string | undefined;
}

type Kind = ExportMode['kind'];

/** The flags that mean something with one kind of export alone. */
const OWN_FLAGS: Readonly<Record<Kind, readonly (keyof ExportFlags)[]>> = {
  public: ['retired', 'chain'],
  jwks: ['verify', 'use', 'alg'],
  bundle: [],
};

const KINDS = ['public', 'jwks', 'bundle'] as const satisfies readonly Kind[];

/** @throws KmsError InvalidArgument. */
export function exportMode(flags: ExportFlags, names: readonly string[]): ExportMode {
  const [kind, other] = KINDS.filter((one) => flags[one]);
  if (kind === undefined) {
    throw invalid(
      'only public keys and certificates can be exported',
      'write kms key export --public UID',
    );
  }
  if (other !== undefined) throw invalid(`--${kind} and --${other} exclude each other`, ONE_KIND);
  const wrong = KINDS.filter((one) => one !== kind)
    .flatMap((one) => OWN_FLAGS[one])
    .find((flag) => flags[flag] !== undefined && flags[flag] !== false);
  if (wrong !== undefined) throw invalid(`--${wrong} has no meaning with --${kind}`, SEE_HELP);
  const [name, ...more] = names;
  if (name === undefined) throw invalid(`--${kind} needs a uid`, SEE_HELP);
  if (kind !== 'public') return { kind, names };
  if (more.length > 0) throw invalid(`--${kind} takes one uid`, 'run it once for each of them');
  return { kind, name };
}

const ONE_KIND = 'leave one of them out';
const SEE_HELP = 'kms key export --help lists the flags';

function invalid(message: string, hint: string): KmsError {
  return new KmsError('InvalidArgument', message, { hint });
}
