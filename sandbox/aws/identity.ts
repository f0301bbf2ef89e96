import { randomBytes } from 'node:crypto'
import type { Context, PolicyDocument } from './policy-document.ts'
import { checkPolicy } from './policy-document.ts'
import type { World } from './world.ts'

export type Role = {
  readonly name: string
  readonly id: string
  readonly arn: string
  trustPolicy: PolicyDocument
  policy: PolicyDocument
  maxSessionDuration: number
}

/** Who calls: a user or a session of a role. */
export type Principal = {
  readonly arn: string
  readonly userId: string
  /** The user or role whose policy counts; a role's can change during a session. */
  readonly identity: { readonly policy: PolicyDocument }
  /** Narrows what the identity's policy allows. */
  readonly sessionPolicy?: PolicyDocument
}

/** An access key; with a session token it is a role's session and expires. */
export type Credential = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly session?: { readonly token: string; expiration: Date }
  readonly principal: Principal
}

/** What `docker login` got: it acts for whoever asked for it. */
export type RegistryLogin = { readonly principal: Principal; expiration: Date }

export type RoleRequest = {
  readonly name: string
  readonly trustPolicy: PolicyDocument
  readonly policy: PolicyDocument
  /** Seconds; IAM's default is an hour. */
  readonly maxSessionDuration?: number
}

/** Creates the role, or changes it for its running sessions too. */
export function putRole(world: World, request: RoleRequest): Role {
  const { name, trustPolicy, policy, maxSessionDuration = 3600 } = request
  checkPolicy(trustPolicy)
  checkPolicy(policy)
  const arn = `arn:aws:iam::${world.account.id}:role/${name}`
  const role = world.roles.get(arn) ?? { name, id: uniqueId('AROA'), arn, trustPolicy, policy, maxSessionDuration }
  Object.assign(role, { trustPolicy, policy, maxSessionDuration })
  world.roles.set(arn, role)
  return role
}

/** Creates an IAM user with one access key. */
export function createUser(world: World, { name, policy }: { readonly name: string; readonly policy: PolicyDocument }): Credential {
  checkPolicy(policy)
  const arn = `arn:aws:iam::${world.account.id}:user/${name}`
  return keep(world, {
    accessKeyId: uniqueId('AKIA'),
    secretAccessKey: randomBytes(30).toString('base64'),
    principal: { arn, userId: uniqueId('AIDA'), identity: { policy } },
  })
}

export type SessionRequest = { readonly name: string; readonly seconds: number; readonly policy?: PolicyDocument }

/** Opens a session of a role that its trust policy has already let in. */
export function openSession(
  world: World,
  role: Role,
  { name, seconds, policy }: SessionRequest,
): Credential & Required<Pick<Credential, 'session'>> {
  const arn = `arn:aws:sts::${world.account.id}:assumed-role/${role.name}/${name}`
  const principal = { arn, userId: `${role.id}:${name}`, identity: role, ...(policy !== undefined && { sessionPolicy: policy }) }
  return keep(world, {
    accessKeyId: uniqueId('ASIA'),
    secretAccessKey: randomBytes(30).toString('base64'),
    session: { token: randomBytes(300).toString('base64'), expiration: secondsFromNow(world, seconds) },
    principal,
  })
}

/** A password for the registry; ECR's last twelve hours and are long, so that nothing may assume a size. */
export function issueRegistryLogin(world: World, principal: Principal): RegistryLogin & { readonly password: string } {
  const login = { principal, expiration: secondsFromNow(world, 12 * 3600) }
  const password = randomBytes(1400).toString('base64')
  world.registryLogins.set(password, login)
  world.issued.add(password)
  return Object.assign(login, { password })
}

/** Condition keys that IAM sets for every call. */
export function principalContext({ arn }: Principal): Context {
  return { 'aws:PrincipalArn': arn }
}

function keep<C extends Credential>(world: World, credential: C): C {
  world.credentials.set(credential.accessKeyId, credential)
  world.issued.add(credential.secretAccessKey)
  if (credential.session !== undefined) world.issued.add(credential.session.token)
  return credential
}

function secondsFromNow({ timeline }: World, seconds: number): Date {
  return new Date(timeline.now().getTime() + seconds * 1000)
}

/** IAM's unique ids: four letters for the kind and sixteen of the base32 alphabet. */
function uniqueId(prefix: string): string {
  return prefix + [...randomBytes(16)].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(byte % 32)).join('')
}
