// Signatures of webhooks: HMAC-SHA256 over id, timestamp and body, as the Standard Webhooks specification defines.
import { createHmac } from 'node:crypto';

/** The key is that of the secret, settings/kinds/receivers.ts. */
export function signatureOf(
  key: Buffer,
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
): string {
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`);
  return `v1,${signature.digest('base64')}`;
}
