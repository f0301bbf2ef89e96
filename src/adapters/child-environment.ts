/**
 * What a child process may see of the job's environment: what Docker needs to find its engine, its files and the
 * network. A list of what is allowed, since any variable may hold a secret: inputs, AWS and Prefect credentials and the
 * runner's own token are never passed on. SOURCE_DATE_EPOCH and DOCKER_DEFAULT_PLATFORM would change what is built
 * without changing its fingerprint.
 */
export function childEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const allowed = Object.entries(environment).filter(([name]) => ALLOWED.test(name) && name !== 'DOCKER_DEFAULT_PLATFORM')
  return Object.fromEntries(allowed.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

const NAMES = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR', 'SSH_AUTH_SOCK', 'SSL_CERT_FILE', 'SSL_CERT_DIR']
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'all_proxy']
const ALLOWED = new RegExp(`^(${[...NAMES, ...PROXIES].join('|')}|(DOCKER|BUILDX|BUILDKIT|XDG)_\\w+)$`)
