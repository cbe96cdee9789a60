// Which flags of `kms key export` go together.
import assert from 'node:assert/strict';
import { exportMode } from '../../src/cli/export-mode.js';
import { KmsError } from '../../src/errors.js';

const NONE = {
  public: false,
  jwks: false,
  bundle: false,
  retired: false,
  chain: false,
  verify: false,
};

describe('exportMode', () => {
  it('takes one name for PEM, and any number for a JWK Set', () => {
    assert.deepEqual(exportMode({ ...NONE, public: true, chain: true }, ['a']), {
      kind: 'public',
      name: 'a',
    });
    assert.deepEqual(exportMode({ ...NONE, jwks: true, verify: true, alg: 'ES256' }, ['a', 'b']), {
      kind: 'jwks',
      names: ['a', 'b'],
    });
  });

  for (const [flags, names, says] of [
    [{}, ['a'], /^only public keys/],
    [{ public: true, jwks: true }, ['a'], /^--public and --jwks exclude each other$/],
    [{ jwks: true, retired: true }, ['a'], /^--retired has no meaning with --jwks$/],
    [{ jwks: true, chain: true }, ['a'], /^--chain has no meaning/],
    [{ public: true, verify: true }, ['a'], /^--verify has no meaning with --public$/],
    [{ public: true, use: 'sig' }, ['a'], /^--use has no meaning/],
    [{ public: true, alg: 'ES256' }, ['a'], /^--alg has no meaning/],
    [{ bundle: true, jwks: true }, ['a'], /^--jwks and --bundle exclude each other$/],
    [{ bundle: true, chain: true }, ['a'], /^--chain has no meaning with --bundle$/],
    [{ public: true }, [], /^--public needs a uid$/],
    [{ jwks: true }, [], /^--jwks needs a uid$/],
    [{ public: true }, ['a', 'b'], /^--public takes one uid$/],
  ] as const) {
    it(`refuses ${JSON.stringify(flags)} of ${JSON.stringify(names)}`, () => {
      assert.throws(
        () => exportMode({ ...NONE, ...flags }, names),
        (error) =>
          error instanceof KmsError &&
          error.reason === 'InvalidArgument' &&
          says.test(error.message),
      );
    });
  }
});
