/**
 * The image that the sample project's Dockerfile starts from, made without Docker Hub: Debian with Python, the wheels
 * of the sample's requirements and a pip that looks nowhere else, so that a plain `RUN pip install` needs no network.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asRoot, run } from '../command.ts'
import { baseImageArchive, cache, root, venv } from '../paths.ts'
import { runStep } from './step.ts'

const SUITE = 'bookworm'
const PACKAGES = 'python3,python3-venv,python3-pip,ca-certificates'
/** The version of Python that Debian's suite has. */
const PYTHON = ['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311', '--abi', 'abi3', '--abi', 'none']
const PLATFORMS = ['manylinux_2_36', 'manylinux_2_34', 'manylinux_2_31', 'manylinux_2_28', 'manylinux_2_17', 'manylinux2014', 'manylinux_2_5', 'manylinux1']
const PIP_CONFIGURATION = '[global]\nno-index = true\nfind-links = /opt/wheels\nbreak-system-packages = true\nroot-user-action = ignore\ndisable-pip-version-check = true\n'

const requirements = join(root, 'sandbox/requirements-image.txt')

/** @param after what has to be there first: the Debian packages for the system, the Python environment for the wheels. */
export async function makeBaseImage(after: { readonly packages: Promise<void>; readonly python: Promise<void> }): Promise<void> {
  await runStep({
    name: 'base-image',
    inputs: [SUITE, PACKAGES, PIP_CONFIGURATION, readFileSync(requirements, 'utf8')],
    makes: [baseImageArchive],
    work: async (log) => {
      const folder = mkdtempSync(join(cache, 'base-image-'))
      try {
        await Promise.all([
          after.packages.then(() => installSystem(join(folder, 'root'), log)),
          after.python.then(() => downloadWheels(join(folder, 'wheels'), log)),
        ])
        await pack(folder, log)
      } finally {
        await run([...asRoot, 'rm', '-rf', folder])
      }
    },
  })
}

async function installSystem(folder: string, log: string): Promise<void> {
  await run([...asRoot, 'debootstrap', '--variant=minbase', `--include=${PACKAGES}`, SUITE, folder], { log })
}

/** The requirements are resolved already: nothing is looked for but these files, whatever Python the machine has. */
async function downloadWheels(folder: string, log: string): Promise<void> {
  mkdirSync(folder)
  const platforms = [...PLATFORMS.map((name) => `${name}_x86_64`), 'any'].flatMap((name) => ['--platform', name])
  await run(
    [join(venv, 'bin/pip'), 'download', '--no-deps', '--only-binary=:all:', ...PYTHON, ...platforms, '-d', folder, '-r', requirements],
    { log },
  )
}

async function pack(folder: string, log: string): Promise<void> {
  const system = join(folder, 'root')
  const configuration = join(folder, 'pip.conf')
  writeFileSync(configuration, PIP_CONFIGURATION)
  await run([...asRoot, 'cp', configuration, join(system, 'etc/pip.conf')], { log })
  await run([...asRoot, 'cp', '-r', join(folder, 'wheels'), join(system, 'opt/wheels')], { log })
  await run([...asRoot, 'ln', '-s', 'python3', join(system, 'usr/bin/python')], { log })
  const left = ['./var/cache/apt/*', './var/lib/apt/lists/*', './usr/share/doc/*', './usr/share/man/*', './usr/share/locale/*', './dev/*']
  await run([...asRoot, 'tar', '-C', system, ...left.map((path) => `--exclude=${path}`), '-cf', `${baseImageArchive}.new`, '.'], { log })
  await run([...asRoot, 'mv', `${baseImageArchive}.new`, baseImageArchive], { log })
  rmSync(configuration)
}
