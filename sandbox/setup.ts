/** The set-up that scripts/setup.sh hands over to: independent steps at the same time, each only when its inputs changed. */
import { makeBaseImage } from './setup/base-image.ts'
import { installGoPrograms } from './setup/go-programs.ts'
import { installPackages } from './setup/packages.ts'
import { installAwsTools, installPython, installZizmor, preparePrefect } from './setup/python.ts'

const packages = installPackages()
const python = installPython()
const outcomes = await Promise.allSettled([
  packages,
  python.then(preparePrefect),
  makeBaseImage({ packages, python }),
  packages.then(installGoPrograms),
  installZizmor(),
  // After Prefect's: both at once take no less time on two cores.
  python.then(installAwsTools),
])

const failures = new Set(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : [])))
for (const failure of failures) console.error(failure)
if (failures.size > 0) process.exitCode = 1
