// A mail server as notify.smtp describes it, and what kms calls itself there. smtp.ts sends to it.

export interface SmtpServer {
  readonly host: string;
  /** What kms calls itself in the greeting; null for the default. */
  readonly name: string | null;
  readonly port: number;
  /** TLS after STARTTLS, or from the first byte; never without TLS. */
  readonly security: 'starttls' | 'tls';
  readonly credentials: { readonly username: string; readonly password: string } | null;
  readonly from: string;
  /** PEM; null for the authorities that Node trusts. */
  readonly ca: string | null;
  readonly timeoutSeconds: number;
}

/** Returns what to call ourselves: mail servers refuse a name without a dot (RFC 5321 §4.1.1.1). */
export function greetingName({ name, from }: SmtpServer, host: string): string {
  if (name !== null) return name;
  return host.includes('.') ? host : domainOf(from);
}

/** Returns the domain of a mail address. */
export function domainOf(address: string): string {
  return /@([^>@]+)>?$/.exec(address)?.[1] ?? 'kms.invalid';
}
