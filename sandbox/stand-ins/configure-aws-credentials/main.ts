/**
 * Stands in for aws-actions/configure-aws-credentials where workflows run without GitHub. It does what that action does
 * for a role: exchanges the job's OIDC token at STS, masks the session and exports it to every later step.
 */
import { appendFileSync } from 'node:fs'

const { env } = process
const region = env['INPUT_AWS-REGION'] ?? ''
const session = await assumeRole(env['INPUT_ROLE-TO-ASSUME'] ?? '', await idToken())
for (const value of Object.values(session)) console.log(`::add-mask::${value}`)
for (const [name, value] of Object.entries({ ...session, AWS_REGION: region, AWS_DEFAULT_REGION: region })) {
  appendFileSync(env.GITHUB_ENV ?? '', `${name}=${value}\n`)
}

async function idToken(): Promise<string> {
  const url = `${env.ACTIONS_ID_TOKEN_REQUEST_URL ?? ''}&audience=sts.amazonaws.com`
  const response = await fetch(url, { headers: { authorization: `bearer ${env.ACTIONS_ID_TOKEN_REQUEST_TOKEN ?? ''}` } })
  const { value } = (await response.json()) as { value: string }
  return value
}

/** The query protocol of AWS STS, version 2011-06-15. @throws Error with what STS answers instead of a session. */
async function assumeRole(role: string, token: string): Promise<Record<string, string>> {
  const body = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity', Version: '2011-06-15', RoleArn: role, RoleSessionName: 'GitHubActions', WebIdentityToken: token,
  })
  const text = await (await fetch(env.AWS_ENDPOINT_URL ?? '', { method: 'POST', body })).text()
  const read = (member: string) => {
    const [, value] = new RegExp(`<${member}>([^<]+)</${member}>`).exec(text) ?? []
    if (value === undefined) throw new Error(`STS answered without ${member}: ${text}`)
    return value
  }
  return { AWS_ACCESS_KEY_ID: read('AccessKeyId'), AWS_SECRET_ACCESS_KEY: read('SecretAccessKey'), AWS_SESSION_TOKEN: read('SessionToken') }
}
