import { describe, expect, it } from '@jest/globals'
import { isSecretName, isSecretText } from '../src/secret-names.ts'

describe('a name', () => {
  it.each([
    'DB_PASSWORD', 'passwd', 'passWord', 'passphrase', 'api_key', 'apiKey', 'API-KEY', 'api_keys', 'ENCRYPTION_KEY', 'FERNET_KEY',
    'SSH_KEY', 'SSHKey', 'SIGNING_KEY', 'signingKey', 'GITHUB_PAT', 'gitHubPat', 'PAT', 'SLACK_WEBHOOK_URL', 'webhook', 'webHook', 'splunk-token',
    'api_token_valid', 'tokenVoid', 'client_secret', 'auth', 'SENTRY_DSN', 'connection_string', 'aws_credentials',
  ])('%s is that of a secret', (name) => {
    expect(isSecretName(name)).toBe(true)
  })

  it.each([
    'prefect_api_key_secret_arn', 'secretArn', 'secretARN', 'SECRET_NAME', 'secretName', 'credentials-block', 'AWS_ACCESS_KEY_ID', 'keyId',
    'webhook_id', 'author', 'path', 'compat', 'monkey', 'keyword', 'limit', '',
  ])('%s is none', (name) => {
    expect(isSecretName(name)).toBe(false)
  })
})

describe('a text', () => {
  it.each([
    ['postgresql://user:password@host/db', true],
    ['redis://:password@host', true],
    ['https://host:8080/path@2', false],
    ['user:password', false],
  ])('%s has a password: %p', (text, expected) => {
    expect(isSecretText(text)).toBe(expected)
  })
})
