type Release = { readonly tag: string; readonly version: string; readonly changelog: string }

/**
 * @param version that of package.json.
 * @param changelog Keep a Changelog: a section `## [X.Y.Z] - YYYY-MM-DD` for each version.
 * @returns the text of the version's section, or the problem that must stop its release.
 */
export function releaseNotes({ tag, version, changelog }: Release): { readonly notes: string; readonly problem?: string } {
  if (!/^v\d+\.\d+\.\d+$/.test(tag)) return { notes: '', problem: `"${tag}" is not a version tag: vX.Y.Z` }
  if (tag !== `v${version}`) return { notes: '', problem: `The tag is ${tag}, and package.json has ${version}` }
  const section = changelog.split(/^(?=## )/m).find((text) => text.startsWith(`## [${version}] - `))
  if (section === undefined) return { notes: '', problem: `CHANGELOG.md has no section "## [${version}] - YYYY-MM-DD"` }
  const notes = section.slice(section.indexOf('\n')).trim()
  return notes === '' ? { notes, problem: `CHANGELOG.md says nothing of ${version}` } : { notes }
}
