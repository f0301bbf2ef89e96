import js from '@eslint/js'
import jest from 'eslint-plugin-jest'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

// The dependency rule of the architecture (docs/architecture.md): layers meet in src/release and src/rollback only, what
// plans or reports is pure, and one folder imports SDKs.
const LAYERS = ['image', 'task-definition', 'service', 'work-pool', 'deployment', 'record']
const SDK = { group: ['@aws-sdk/*', '@actions/*', 'openapi-fetch', '@smithy/*'], message: 'Only src/adapters imports an SDK; use a port.' }
const ADAPTERS = { group: ['**/adapters/*'], message: 'Only src/index.ts imports adapters; use a port.' }
const OUTSIDE = { group: ['node:fs', 'node:fs/*', 'node:child_process', 'node:http', 'node:https', 'node:net'], message: 'A plan and a report are pure.' }
const otherLayers = (own) => ({
  group: [...LAYERS.filter((layer) => layer !== own), 'release', 'rollback'].map((layer) => `**/${layer}/*`),
  message: 'A layer does not import another; they meet in src/release and src/rollback.',
})
const restrict = (files, ...patterns) => ({ files, rules: { 'no-restricted-imports': ['error', { patterns }] } })

export default defineConfig(
  { ignores: ['dist/', 'lib/', 'coverage/', '.sandbox/', 'examples/', '**/*.d.ts'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Recurses without end when two recursive types meet, as Json and Planned do (typescript-eslint 8.73).
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // `type` is for data, `interface` for ports; an index signature can name its key and be recursive.
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/consistent-indexed-object-style': 'off',
    },
  },
  { files: ['__tests__/**/*.ts'], extends: [jest.configs['flat/recommended']] },
  restrict(['src/*.ts', 'src/{inputs,release,rollback}/*.ts'], SDK, ADAPTERS),
  restrict(['src/index.ts']),
  ...LAYERS.map((layer) => restrict([`src/${layer}/*.ts`], SDK, ADAPTERS, otherLayers(layer))),
  ...LAYERS.map((layer) =>
    restrict([`src/${layer}/plan.ts`, `src/${layer}/*-plan.ts`, `src/${layer}/canonical.ts`], SDK, ADAPTERS, OUTSIDE, otherLayers(layer)),
  ),
  restrict(['src/report/*.ts', 'src/release.ts'], SDK, ADAPTERS, OUTSIDE),
  {
    files: ['src/**/plan.ts', 'src/**/*-plan.ts', 'src/**/canonical.ts', 'src/report/*.ts', 'src/release.ts'],
    rules: { 'no-restricted-syntax': ['error', { selector: 'AwaitExpression', message: 'A plan and a report are pure: no await.' }] },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/inputs.ts', 'src/index.ts'],
    rules: { 'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'Only inputs.ts reads the environment.' }] },
  },
)
