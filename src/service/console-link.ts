/** Hosts of the regional consoles by partition (AWS General Reference, "AWS Management Console endpoints"; docs.aws.eu for aws-eusc). */
const HOSTS: Readonly<Record<string, string>> = {
  'aws': 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
  'aws-eusc': 'console.amazonaws-eusc.eu',
}

/** Web page of a service by its ARN; undefined for a partition whose console is not known: no link beats a wrong one. */
export function consoleLink(serviceArn: string): string | undefined {
  const [, partition = '', , region = '', , resource = ''] = serviceArn.split(':')
  const [, cluster, service] = resource.split('/')
  const host = HOSTS[partition]
  if (host === undefined || cluster === undefined || service === undefined) return undefined
  return `https://${region}.${host}/ecs/v2/clusters/${cluster}/services/${service}/deployments?region=${region}`
}
