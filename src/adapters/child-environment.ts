/**
 * What a child process may see of the job's environment: what Docker needs to find its engine, its files and the
 * network. A list of what is allowed, since any variable may hold a secret: inputs, AWS and Prefect credentials, the
 * runner's own token and a DOCKER_PASSWORD are never passed on. SOURCE_DATE_EPOCH and DOCKER_DEFAULT_PLATFORM are not
 * either: they would change what is built without changing its fingerprint.
 */
export function childEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const allowed = Object.entries(environment).filter(([name]) => ALLOWED.test(name))
  return Object.fromEntries(allowed.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

const SYSTEM = [
  'PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR',
  'SSH_AUTH_SOCK', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'XDG_\\w+',
]
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'all_proxy']
const DOCKER = ['DOCKER_(HOST|CONTEXT|CERT_PATH|TLS|TLS_VERIFY|API_VERSION|BUILDKIT|CUSTOM_HEADERS|AUTH_CONFIG)', '(BUILDX|BUILDKIT)_\\w+']
const ALLOWED = new RegExp(`^(${[...SYSTEM, ...PROXIES, ...DOCKER].join('|')})$`)
