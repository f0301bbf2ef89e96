/** What a deployment is known by on a server: the names of its flow and its own. */
export type DeploymentName = { readonly flowName: string; readonly name: string }

/** `flow/deployment`, as Prefect's command line takes it and as everything that people read has it. */
export function fullName({ flowName, name }: DeploymentName): string {
  return `${flowName}/${name}`
}
