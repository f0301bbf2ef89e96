/**
 * What a child process may see of the job's environment: what Docker needs to find its engine, its files and the
 * network. A list of what is allowed, since any variable may hold a secret: inputs, AWS and Prefect credentials, the
 * runner's own token and a DOCKER_PASSWORD are never passed on. SOURCE_DATE_EPOCH and DOCKER_DEFAULT_PLATFORM are not
 * either: they would change what is built without changing its fingerprint.
 */
export function childEnvironment(environment: Environment): Record<string, string> {
  return only(environment, ALLOWED)
}

/**
 * What a script of the Prefect file may see of it: the system, and what the runner says of the run; no input, token,
 * credential or file of commands. What else a script needs it gets by `env`.
 */
export function scriptEnvironment(environment: Environment): Record<string, string> {
  return only(environment, ALLOWED_IN_SCRIPTS)
}

type Environment = Readonly<Record<string, string | undefined>>

function only(environment: Environment, names: RegExp): Record<string, string> {
  const allowed = Object.entries(environment).filter(([name]) => names.test(name))
  return Object.fromEntries(allowed.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

const SYSTEM = [
  'PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR',
  'SSH_AUTH_SOCK', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'XDG_\\w+',
]
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'all_proxy']
const DOCKER = ['DOCKER_(HOST|CONTEXT|CERT_PATH|TLS|TLS_VERIFY|API_VERSION|BUILDKIT|CUSTOM_HEADERS|AUTH_CONFIG)', '(BUILDX|BUILDKIT)_\\w+']
const RUN = [
  'CI', 'AWS_REGION', 'AWS_DEFAULT_REGION', 'RUNNER_(ARCH|ENVIRONMENT|NAME|OS|TEMP|TOOL_CACHE)',
  'GITHUB_(ACTIONS|ACTOR|ACTOR_ID|API_URL|BASE_REF|EVENT_NAME|EVENT_PATH|GRAPHQL_URL|HEAD_REF|JOB|REF|REF_NAME|REF_PROTECTED|REF_TYPE)',
  'GITHUB_(REPOSITORY|REPOSITORY_ID|REPOSITORY_OWNER|REPOSITORY_OWNER_ID|RUN_ATTEMPT|RUN_ID|RUN_NUMBER|SERVER_URL|SHA|TRIGGERING_ACTOR)',
  'GITHUB_(WORKFLOW|WORKFLOW_REF|WORKFLOW_SHA|WORKSPACE)',
]
/** Where the actions that set up a language say that it is. */
const LANGUAGES = ['pythonLocation', 'LD_LIBRARY_PATH', 'PKG_CONFIG_PATH', 'VIRTUAL_ENV', 'JAVA_HOME', 'GOROOT']
const ALLOWED_IN_SCRIPTS = new RegExp(`^(${[...SYSTEM, ...PROXIES, ...DOCKER, ...RUN, ...LANGUAGES].join('|')})$`)
const ALLOWED = new RegExp(`^(${[...SYSTEM, ...PROXIES, ...DOCKER].join('|')})$`)
