// Signatures of webhooks: HMAC-SHA256 over id, timestamp and body, as the Standard Webhooks specification defines.
import { createHmac } from 'node:crypto';
import { KmsError } from '../../errors.js';

const PREFIX = 'whsec_';

/** The specification's limits on a secret, in bytes. */
const [SHORTEST, LONGEST] = [24, 64];

/** Returns the key in a secret: base64, with or without the prefix `whsec_`. @throws KmsError InvalidConfiguration */
export function parseSigningSecret(secret: string, name: string): Buffer {
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
