/** The house rules, as far as a machine can hold them. */
import js from '@eslint/js'
import query from '@tanstack/eslint-plugin-query'
import boundaries from 'eslint-plugin-boundaries'
import a11y from 'eslint-plugin-jsx-a11y'
import hooks from 'eslint-plugin-react-hooks'
import globals from 'globals'
import ts from 'typescript-eslint'

const FILE_LINES = 250
const COMPONENT_LINES = 150
/** Classes that know left and right; the app is read in both directions. */
const PHYSICAL =
  '^(?=[a-z0-9 :\\[\\]%.()_/-]+$)(.*[\\s:])?-?(m[lr]|p[lr]|left|right|border-[lr]|rounded-[lr]|rounded-[tb][lr]|text-(left|right)|float-(left|right))(-|\\s|$)'
const physical = (node, key) => ({
  selector: `${node}[${key}=/${PHYSICAL}/]`,
  message: 'Use a logical class (ms, pe, start, text-end): the app is read in both directions.',
})

const may = (from, ...types) => ({
  from: { element: { type: from } },
  allow: types.map((type) => ({ to: { element: { type } } })),
})
/** A feature may import its own files, never another feature's. */
const ITSELF = {
  from: { element: { type: 'feature' } },
  allow: [{ to: { element: { type: 'feature', captured: { noun: '{{from.element.captured.noun}}' } } } }],
}

export default ts.config(
  { ignores: ['dist', 'coverage', 'src/api/schema.d.ts', 'src/i18n/locales'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [
      ...ts.configs.strictTypeChecked,
      ...ts.configs.stylisticTypeChecked,
      a11y.flatConfigs.strict,
      hooks.configs.flat['recommended-latest'],
      ...query.configs['flat/recommended'],
    ],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { boundaries },
    settings: {
      'import/resolver': { typescript: { alwaysTryTypes: true } },
      'boundaries/include': ['src/**/*'],
      'boundaries/elements': [
        { type: 'api', pattern: 'src/api' },
        { type: 'i18n', pattern: 'src/i18n' },
        { type: 'ui', pattern: 'src/ui' },
        { type: 'live', pattern: 'src/live' },
        { type: 'feature', pattern: 'src/features/*', capture: ['noun'] },
        { type: 'app', pattern: 'src/(investor|admin|stage)' },
      ],
    },
    rules: {
      'max-lines': ['error', { max: FILE_LINES }],
      complexity: ['error', 14],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        physical('Literal', 'value'),
        physical('TemplateElement', 'value.raw'),
        {
          selector: "CallExpression[callee.name='parseFloat']",
          message: 'Money is text: see money.ts.',
        },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      '@typescript-eslint/consistent-type-definitions': 'off',
      // Focus goes to the code field because it is the one thing to do on that screen.
      'jsx-a11y/no-autofocus': 'off',
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: [
            may('api', 'api'),
            may('i18n', 'api', 'i18n'),
            may('ui', 'i18n', 'ui'),
            may('live', 'api', 'i18n', 'ui', 'live'),
            may('feature', 'api', 'i18n', 'ui', 'live'),
            ITSELF,
            may('app', 'api', 'i18n', 'ui', 'live', 'feature', 'app'),
          ],
        },
      ],
    },
  },
  {
    files: ['src/**/*.tsx'],
    rules: { 'max-lines-per-function': ['error', { max: COMPONENT_LINES }] },
  },
  {
    files: ['src/api/**', 'src/live/**', 'src/features/**', 'src/investor/**', 'src/ui/**'],
    ignores: ['src/api/client.ts', '**/*.test.*'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'fetch', message: 'Only api/client.ts fetches.' },
        { name: 'WebSocket', message: 'Only live/socket.ts opens sockets.' },
      ],
    },
  },
  { files: ['src/live/socket.ts'], rules: { 'no-restricted-globals': 'off' } },
  {
    files: ['**/*.test.{ts,tsx}', 'tests/**'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['scripts/**', '*.config.js'],
    languageOptions: { globals: globals.node },
  },
  {
    files: ['public/**/*.js'],
    languageOptions: { globals: globals.browser, sourceType: 'script' },
    rules: { 'no-unused-vars': ['error', { caughtErrors: 'none' }] },
  },
)
