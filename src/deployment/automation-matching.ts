import { isDeepStrictEqual } from 'node:util'
import { isKnown, isList } from '../planned.ts'
import type { Results } from '../planned.ts'
import type { LiveAutomation, LiveDeployment } from '../prefect-ports.ts'
import { desiredContent, liveContent } from './automation-content.ts'
import { MANAGED_TAG } from './triggers.ts'
import type { DesiredTrigger } from './triggers.ts'

export type AutomationMatching = {
  readonly pairs: readonly { readonly trigger: DesiredTrigger; readonly live: LiveAutomation | undefined }[]
  /** A deploy made them, and the file does not have them. */
  readonly removed: readonly LiveAutomation[]
  /** Not in the file, and nothing tells that a deploy made them: somebody made them by hand. */
  readonly foreign: readonly LiveAutomation[]
}

/** Which automation of the deployment each trigger is, by its name; of several with one name, first those that are the same. */
export function matchAutomations(
  triggers: readonly DesiredTrigger[], live: Pick<LiveDeployment, 'id' | 'name' | 'automations'>, results: Results,
): AutomationMatching {
  const matches = new Map<DesiredTrigger, LiveAutomation>()
  const free = () => live.automations.filter((each) => ![...matches.values()].includes(each))
  const isSame = ({ body }: DesiredTrigger, automation: LiveAutomation) => {
    const content = desiredContent(body, results)
    return isKnown(content) && isDeepStrictEqual(content, liveContent(automation, live.id))
  }
  for (const claims of [isSame, () => true]) {
    for (const trigger of triggers.filter((each) => !matches.has(each))) {
      const match = free().find((each) => each.name === trigger.name && claims(trigger, each))
      if (match !== undefined) matches.set(trigger, match)
    }
  }
  const isOurs = (automation: LiveAutomation) => isFromDeploy(automation, live)
  return {
    pairs: triggers.map((trigger) => ({ trigger, live: matches.get(trigger) })),
    removed: free().filter(isOurs),
    foreign: free().filter((each) => !isOurs(each)),
  }
}

/** The tag of this action, or a name that `prefect deploy` gives where the file has none. */
function isFromDeploy({ name, body: { tags = [] } }: LiveAutomation, deployment: Pick<LiveDeployment, 'id' | 'name'>): boolean {
  const prefix = `${deployment.name}__automation_`
  const isDefaultName = name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length))
  return isDefaultName || name === `Automation for deployment ${deployment.id}` || (isList(tags) && tags.includes(MANAGED_TAG))
}
