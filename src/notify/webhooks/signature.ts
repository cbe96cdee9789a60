// Signatures of webhooks: HMAC-SHA256 over id, time and body, as the Standard Webhooks specification has it.
import { createHmac } from 'node:crypto';
import { KmsError } from '../../errors.js';

const PREFIX = 'whsec_';

/** The specification's bounds, in bytes. */
const [SHORTEST, LONGEST] = [24, 64];

/** Returns the key of a secret: base64, with `whsec_` before it or without. @throws KmsError InvalidConfiguration */
export function signingKey(secret: string, name: string): Buffer {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  const key = Buffer.from(text, 'base64');
  const isBase64 = key.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '');
  if (isBase64 && key.length >= SHORTEST && key.length <= LONGEST) return key;
  throw new KmsError(
    'InvalidConfiguration',
    `the secret of the webhook ${name} is not base64 of ${SHORTEST} to ${LONGEST} bytes`,
    { hint: 'make one: echo "whsec_$(openssl rand -base64 32)"' },
  );
}

export function signatureOf(
  key: Buffer,
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
): string {
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`);
  return `v1,${signature.digest('base64')}`;
}
