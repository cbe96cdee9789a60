// Plugins of MariaDB's and MySQL's login that the driver mysql2 lacks. Where the password itself is sent, the connection
// must be one that nobody can listen to.

/** As mysql2 calls it, with each thing that the server sends. */
type Plugin = (given: { connection: unknown }) => (data: Buffer) => Buffer | Promise<Buffer>;

/** Returns the plugins for an account's password. */
export function loginPlugins(password: string, isPrivate: boolean): Record<string, Plugin> {
  return {
    // CREATE USER … IDENTIFIED VIA ed25519
    client_ed25519: () => async (challenge) => {
      // Loaded for such an account alone, as loading it takes time.
      const { signWithPassword } = await import('../../crypto/login/sign-with-password.js');
      return Buffer.from(signWithPassword(challenge.subarray(0, 32), password));
    },
    // CREATE USER … IDENTIFIED VIA pam: each question is answered with the password.
    dialog: () => () => inClear(password, isPrivate),
    ...(isPrivate ? { mysql_clear_password: () => () => inClear(password, isPrivate) } : {}),
  };
}

function inClear(password: string, isPrivate: boolean): Buffer {
  if (isPrivate) return Buffer.from(`${password}\0`);
  throw new Error('asks for the password in clear text');
}
