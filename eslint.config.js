// Type-checked rules for everything. Only main.ts and cli/ read a clock; the pure folders do not use the process either.
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** What reads the time of now. */
const clocks = [
  'NewExpression[callee.name="Date"][arguments.length=0]',
  'CallExpression[callee.object.name="Date"][callee.property.name="now"]',
  'CallExpression[callee.name="Date"]',
  'CallExpression[callee.object.name="performance"][callee.property.name="now"]',
].map((selector) => ({
  selector,
  message: 'only main.ts and cli/ read a clock: take `now` or `monotonicMs` as an argument',
}));

const notPure = (selector) => ({
  selector,
  message: 'the core is pure: take time, environment and output as arguments',
});

const notFresh = {
  name: 'node:crypto',
  importNames: ['generateKeyPairSync'],
  message:
    'a KeyObject straight from its generation may hang the process: take it from fresh-keys.ts',
};

export default tseslint.config(
  { ignores: ['dist/', 'coverage/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json' } },
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { checkThenables: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-console': 'error',
      'no-duplicate-imports': 'error',
      'no-restricted-imports': ['error', { paths: [notFresh] }],
    },
  },
  {
    // Both take DER from it, never a KeyObject.
    files: ['test/support/fresh-keys.ts', 'src/crypto/keys/generate-key-pair.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/main.ts', 'src/cli/**'],
    rules: { 'no-restricted-syntax': ['error', ...clocks] },
  },
  {
    files: ['src/{kmip,crypto,rotation,conditions,flows,text}/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...clocks,
        notPure('Identifier[name=/^(process|console|performance|globalThis|fetch)$/]'),
        notPure('Identifier[name=/^set(Timeout|Interval|Immediate)$/]'),
        notPure('CallExpression[callee.object.name="Math"][callee.property.name="random"]'),
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-floating-promises': [
        'error',
        { checkThenables: true, allowForKnownSafeCalls: [] },
      ],
    },
  },
  {
    files: ['bin/**/*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
  {
    files: ['bin/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: { __dirname: 'readonly' } },
  },
);
