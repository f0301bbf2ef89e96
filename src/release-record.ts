import type { JsonObject, Json } from './planned.ts'

/** A form that is changed so that an older action cannot read it gets the next number. */
export const RECORD_VERSION = 1

/**
 * What a green release left live, and all that is needed to make it live again. It holds no secret: a value that must not
 * be kept stands as `{"$sensitive": true}`, see `recorded-values.ts`. docs/rollback.md describes it for people.
 */
export type ReleaseRecord = {
  readonly version: typeof RECORD_VERSION
  /** The release target, as the input `name` says. */
  readonly name: string
  /** ISO 8601 in UTC. */
  readonly time: string
  /** The commit that is live: of a rollback that of the release which it went back to. Null outside of GitHub. */
  readonly commit: string | null
  /** Web page of the run that made it. */
  readonly run: string | null
  /** Tag of the record that a rollback went back to. */
  readonly restores: string | null
  readonly image: RecordedImage
  /** What flow runs run on; of a release without task definition none. */
  readonly taskDefinitions: readonly RecordedRevision[]
  /** Only when the release managed it: a service that it left alone is none of its own. */
  readonly service: RecordedService | null
  readonly workPools: readonly RecordedWorkPool[]
  readonly deployments: readonly RecordedDeployment[]
}

/** `reference` is `<repository uri>@<digest>`. */
export type RecordedImage = { readonly reference: string; readonly digest: string; readonly tag: string | null; readonly fingerprint: string | null }

/** A registered revision, and its container that has the image. */
export type RecordedRevision = { readonly family: string; readonly arn: string; readonly container: string }

/** The revision that it runs: that of the flows, or one of its own. */
export type RecordedService = {
  readonly cluster: string
  readonly service: string
  readonly definition: 'flow' | 'own'
  readonly arn: string
  /** Whose image was replaced, in a definition of its own. */
  readonly container: string | null
}

/** A pool that the release managed: by a template, or only to pin the image in it. */
export type RecordedWorkPool = {
  readonly name: string
  /** The variable of its template whose default the release set, and to what. */
  readonly pin: { readonly variable: string; readonly value: Json } | null
  readonly template: {
    readonly type: string | null
    /** Absent where the template does not say it. */
    readonly description?: string | null
    readonly concurrencyLimit?: number | null
    readonly baseJobTemplate: JsonObject
  } | null
}

/** A deployment with all that the release managed of it; null keeps what is on the server. */
export type RecordedDeployment = {
  readonly name: string
  readonly flowName: string
  /** The Prefect file that it is of. */
  readonly file: string
  readonly paused: boolean | null
  /** As it was after the release: for one that has to be created again. */
  readonly wasPaused: boolean
  readonly enforceParameterSchema: boolean | null
  readonly concurrency: { readonly limit: number; readonly options: JsonObject | null } | null
  /** By their REST names. */
  readonly fields: JsonObject & { readonly entrypoint: string }
  readonly schedules: readonly RecordedSchedule[]
  /** Automations that run it. */
  readonly triggers: readonly { readonly name: string; readonly body: JsonObject }[]
  /** Service level agreements; null leaves those of Prefect Cloud alone. */
  readonly slas: readonly Json[] | null
  /** `version`, and `version_info` where the file wanted it. */
  readonly versionFields: JsonObject
}

/** `rule` as the server had it, with its anchor or start. */
export type RecordedSchedule = {
  readonly slug: string | null
  readonly rule: JsonObject
  /** Null keeps what is set on the server. */
  readonly active: boolean | null
  /** As it was after the release: for one that has to be created again. */
  readonly wasActive: boolean
  readonly parameters: JsonObject
}
