/** Host names of ECR in all partitions, FIPS and dual stack too (Amazon ECR User Guide, "Making requests over IPv6", "Endpoints"). */
const ECR_HOST = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\./

/** Account and region of the registry that an image reference names; undefined when that is none of ECR. */
export function ecrRegistryOf(reference: string): { readonly account: string; readonly region: string } | undefined {
  const [, account, region] = ECR_HOST.exec(reference) ?? []
  return account === undefined || region === undefined ? undefined : { account, region }
}
