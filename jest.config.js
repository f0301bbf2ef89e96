const common = {
  // Nothing else is crawled: .sandbox/ changes while tests run.
  roots: ['<rootDir>/src', '<rootDir>/sandbox', '<rootDir>/__tests__', '<rootDir>/__fixtures__'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } }],
  },
  restoreMocks: true,
}

export default {
  // A busy machine is slow, and no test is to fail for that.
  testTimeout: 60_000,
  maxWorkers: '100%',
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts', '!src/index.ts'],
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/__tests__/**/*.test.ts'], testPathIgnorePatterns: ['/node_modules/', '/__tests__/e2e/'] },
    // Started by scripts/e2e.ts, which brings the sandbox up first.
    { ...common, displayName: 'e2e', testMatch: ['<rootDir>/__tests__/e2e/**/*.test.ts'] },
  ],
}
