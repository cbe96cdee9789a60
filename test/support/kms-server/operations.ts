// The operations that the stand-in knows, each with the guards and the lines of the living server (storage format §6.2,
// §6.3, golden/hsm-exchanges.json). They write in the server's steps, and tell of each.
import { attributeElements } from './attributes.js';
import { linkOf, replacementOf, retired, wrappingKeyOf, type Created } from './replacement.js';
import { generationOf, inServersOrder, wrappingUidOf, type CachedRow, type Rows } from './rows.js';
import { storedValueOf, structure, textOf, textString, elementsOf, type Element } from './ttlv.js';

/** Where a request is: the server has it; its first transaction is committed; all is done but the answer. */
export type Step = 'received' | 'first-committed' | 'done';

export interface Server {
  readonly rows: Rows;
  readonly user: string;
  readonly kek: string;
  /** As the store writes dates. */
  now(): readonly number[];
  newUid(): string;
  /** Whether the HSM can be opened. */
  readonly hsmOpen: boolean;
  /** May throw, after which nothing more is done. */
  at(step: Step): Promise<void>;
}

/** What the server answers with a status of its own and a line of text. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, line: string) {
    super(line);
    this.status = status;
  }
}

export async function carryOut(server: Server, request: Element): Promise<Element> {
  const operation = OPERATIONS[request.tag];
  if (operation === undefined) {
    throw new Refusal(404, `Route not supported: Operation: ${request.tag}`);
  }
  const answer = await operation(server, request);
  await server.at('done');
  return answer;
}

const OPERATIONS: Readonly<Record<string, (server: Server, request: Element) => Promise<Element>>> =
  {
    GetAttributes: getAttributes,
    SetAttribute: setAttribute,
    ReKey: rekey,
    ReKeyKeyPair: rekeyKeyPair,
  };

async function getAttributes(server: Server, request: Element): Promise<Element> {
  const given = textOf(request, 'UniqueIdentifier') ?? '';
  const found = await server.rows.read(await resolved(server, given));
  const permitted = found !== null && (await server.rows.mayUse(found, server.user, 'get'));
  if (!permitted) {
    throw new Refusal(422, `Object_Not_Found: object not found for identifier ${given}`);
  }
  return structure(
    'GetAttributesResponse',
    textString('UniqueIdentifier', found.uid),
    structure('Attributes', ...attributeElements(found)),
  );
}

/** Writes the whole object back as it was cached, with the one attribute set. */
async function setAttribute(server: Server, request: Element): Promise<Element> {
  const uid = textOf(request, 'UniqueIdentifier') ?? '';
  const row = await server.rows.read(uid);
  if (row === null || !(await server.rows.mayUse(row, server.user, 'setattribute'))) {
    throw new Refusal(422, `Object_Not_Found: object not found for identifier ${uid}`);
  }
  const given = elementsOf(request).find(({ tag }) => tag === 'NewAttribute');
  const [attribute] = given === undefined ? [] : elementsOf(given);
  if (attribute === undefined) throw new Refusal(422, 'Invalid Request: no attribute is given');
  const set = { [attribute.tag]: valueOf(attribute) };
  const arms = Number(set['RotateInterval'] ?? 0) > 0;
  const automatic = arms ? { RotateAutomatic: row.attributes['RotateAutomatic'] ?? true } : {};
  const attributes = inServersOrder({ ...row.attributes, ...automatic, ...set });
  await server.rows.update([{ ...row, attributes }], false);
  return structure('SetAttributeResponse', textString('UniqueIdentifier', uid));
}

async function rekey(server: Server, request: Element): Promise<Element> {
  const given = textOf(request, 'UniqueIdentifier') ?? '';
  const row = await rekeyable(server, 'ReKey', given, 'SymmetricKey');
  const uid = replacementUid(server, row);
  const now = server.now();
  const replacement = replacementOf(row, { ...server, uid, owner: server.user, now });
  await replaceAll(server, [[row, replacement]], now);
  return structure('ReKeyResponse', textString('UniqueIdentifier', uid));
}

async function rekeyKeyPair(server: Server, request: Element): Promise<Element> {
  const given = textOf(request, 'PrivateKeyUniqueIdentifier') ?? '';
  const row = await rekeyable(server, 'ReKeyKeyPair', given, 'PrivateKey');
  const publicKey = await server.rows.read(linkOf(row, 'PublicKeyLink') ?? '');
  if (publicKey === null) {
    throw new Refusal(422, `Item not found: ReKeyKeyPair: no public key found for: ${row.uid}`);
  }
  const uid = replacementUid(server, row);
  const publicUid = `${uid}_pk`;
  const now = server.now();
  const options = { ...server, owner: server.user, now, like: row };
  const half = (replaced: CachedRow, ownUid: string, LinkType: string, other: string) =>
    replacementOf(replaced, {
      ...options,
      uid: ownUid,
      links: [{ LinkType, LinkedObjectIdentifier: other }],
    });
  await replaceAll(
    server,
    [
      [row, half(row, uid, 'PublicKeyLink', publicUid)],
      [publicKey, half(publicKey, publicUid, 'PrivateKeyLink', uid)],
    ],
    now,
  );
  return structure(
    'ReKeyKeyPairResponse',
    textString('PrivateKeyUniqueIdentifier', uid),
    textString('PublicKeyUniqueIdentifier', publicUid),
  );
}

/** The two transactions, with nothing that protects what is between them. */
async function replaceAll(
  server: Server,
  pairs: readonly (readonly [CachedRow, Created])[],
  now: readonly number[],
): Promise<void> {
  await server.rows.create(pairs.map(([, replacement]) => replacement));
  await server.at('first-committed');
  await server.rows.update(
    pairs.map(([replaced, { uid }]) => retired(replaced, uid, now)),
    true,
  );
}

async function rekeyable(
  server: Server,
  operation: string,
  given: string,
  objectType: string,
): Promise<CachedRow> {
  if (given.startsWith('hsm::')) {
    const what = `User '${server.user}' does not have Rekey permission on HSM key '${given}'`;
    throw new Refusal(401, `Access denied: ${what}`);
  }
  const row = await server.rows.read(await resolved(server, given));
  if (row?.attributes['ObjectType'] !== objectType) {
    const what = `${operation}: no valid key found for identifier: ${given}`;
    throw new Refusal(422, `Item not found: ${what}`);
  }
  if (!(await server.rows.mayUse(row, server.user, 'rekey'))) {
    const what = `user ${server.user} does not have permission to use key: ${given}`;
    throw new Refusal(401, `Access denied: ${operation}: ${what}`);
  }
  if (!['Active', 'Deactivated', 'Compromised'].includes(row.state)) {
    const what = `key '${row.uid}' is ${row.state}, not one of Active, Deactivated, Compromised`;
    throw new Refusal(422, `Invalid Request: ${operation}: ${what}`);
  }
  await refuseOldMember(server, operation, row);
  await refuseUnderInactive(server, row);
  return row;
}

async function refuseOldMember(server: Server, operation: string, row: CachedRow): Promise<void> {
  const name = row.attributes['RotateName'];
  if (typeof name !== 'string') return;
  const latest = await server.rows.member(server.user, name, null);
  const newest = latest === null ? null : await server.rows.read(latest);
  if (newest === null || generationOf(newest) <= generationOf(row)) return;
  const what = `key '${row.uid}' is not the latest in its keyset`;
  const why = 'only the latest generation can be rotated';
  throw new Refusal(422, `Invalid Request: ${operation}: ${what} — ${why}`);
}

async function refuseUnderInactive(server: Server, row: CachedRow): Promise<void> {
  const wrappingUid = wrappingKeyOf(row, server.kek);
  if (wrappingUid.startsWith('hsm::')) {
    if (!server.hsmOpen) throw new Refusal(500, 'Internal server error');
    return;
  }
  const wrappingKey = await server.rows.read(wrappingUid);
  if (wrappingKey?.state !== 'Active') {
    throw new Refusal(422, `Not Supported: The wrapping key ${wrappingUid} is not active`);
  }
  const byHsm = wrappingUidOf(wrappingKey)?.startsWith('hsm::') ?? false;
  if (byHsm && !server.hsmOpen) throw new Refusal(500, 'Internal server error');
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

/** A name that is no UUID means the newest member of its keyset, if it has one (storage format §6.2). */
async function resolved(server: Server, given: string): Promise<string> {
  if (UUID.test(given)) return given;
  const [, name, which] = /^([^@]*)(?:@(latest|first|\d+))?$/.exec(given) ?? [];
  if (name === undefined) return given;
  const generation = which === undefined || which === 'latest' ? null : Number(which) || 0;
  const member = await server.rows.member(server.user, name, generation);
  return member ?? given;
}

function replacementUid(server: Server, row: CachedRow): string {
  const name = row.attributes['RotateName'];
  return typeof name === 'string' ? `${name}@${generationOf(row) + 1}` : server.newUid();
}

function valueOf(attribute: Element): unknown {
  try {
    return storedValueOf(attribute);
  } catch (error) {
    throw new Refusal(422, `Invalid Request: ${error instanceof Error ? error.message : ''}`);
  }
}
