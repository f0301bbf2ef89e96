/** CloudFormation's YAML: the templates of examples/infrastructure with their short forms (`!Ref`, `!Sub`) written out. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse } from 'yaml'
import type { CollectionTag, ScalarTag, YAMLMap, YAMLSeq } from 'yaml'
import { root } from '../paths.ts'

export type Resource = { readonly Type: string; readonly Condition?: string; readonly Properties?: Readonly<Record<string, unknown>> }

export type Template = {
  readonly Description: string
  readonly Parameters: Readonly<Record<string, { readonly Type: string; readonly Default?: string | number; readonly Description: string }>>
  readonly Conditions?: Readonly<Record<string, unknown>>
  readonly Resources: Readonly<Record<string, Resource>>
  readonly Outputs: Readonly<Record<string, { readonly Description: string; readonly Value: unknown }>>
}

/** In the order in which they are created: each takes outputs of those before it. */
export const templateNames = ['network', 'registry', 'worker', 'github-oidc'] as const
export type TemplateName = (typeof templateNames)[number]

export const templateFolder = join(root, 'examples/infrastructure')

export function templatePath(name: TemplateName): string {
  return join(templateFolder, `${name}.yml`)
}

/** Names of all templates that are there, whoever has put them there. */
export function templatesInFolder(): string[] {
  return readdirSync(templateFolder).filter((file) => file.endsWith('.yml')).map((file) => basename(file, '.yml'))
}

export function readTemplate(name: TemplateName): Template {
  return parseTemplate(readFileSync(templatePath(name), 'utf8'))
}

/** @throws YAMLParseError; a short form that is not known is an error too. */
export function parseTemplate(text: string): Template {
  return parse(text, { customTags: SHORT_FORMS.flatMap(tagsOf), logLevel: 'error' }) as Template
}

const SHORT_FORMS = ['Ref', 'Condition', 'GetAtt', 'Sub', 'If', 'Equals', 'Not', 'And', 'Or', 'Join', 'Select', 'GetAZs'] as const

function tagsOf(name: (typeof SHORT_FORMS)[number]): (ScalarTag | CollectionTag)[] {
  const tag = `!${name}`
  const key = name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`
  const written = (value: unknown) => ({ [key]: value })
  const inFull = (node: YAMLMap | YAMLSeq) => written(node.toJSON()) // which resolves what is nested in it
  return [
    { tag, resolve: (text: string) => written(name === 'GetAtt' ? text.split('.') : text) },
    { tag, collection: 'seq', resolve: (node) => inFull(node) },
    { tag, collection: 'map', resolve: (node) => inFull(node) },
  ]
}
