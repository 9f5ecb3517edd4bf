import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, parseAllDocuments } from 'yaml'

export const DEPLOY = fileURLToPath(new URL('../../deploy/', import.meta.url))

// biome-ignore lint/suspicious/noExplicitAny: manifests are read as they are written
export type Manifest = any

/** A file in deploy/, as text. */
export function textOf(path: string): string {
  return readFileSync(join(DEPLOY, path), 'utf8')
}

/** Every file in deploy/ with one of these endings, by its path there. */
export function filesIn(...endings: string[]): string[] {
  return readdirSync(DEPLOY, { recursive: true, encoding: 'utf8' })
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort()
}

/**
 * The objects that a kustomization stands for. Ours use `resources` and `configMapGenerator` alone, and any other key is
 * an error here, so that nothing is believed checked that is not.
 */
export function kustomize(folder: string): Manifest[] {
  const { apiVersion, kind, resources, configMapGenerator, generatorOptions, ...others } = parse(
    textOf(`${folder}/kustomization.yaml`),
  ) as Manifest
  if (kind !== 'Kustomization' || apiVersion !== 'kustomize.config.k8s.io/v1beta1')
    throw new Error(`${folder} is no kustomization`)
  if (Object.keys(others).length > 0) throw new Error(`${folder}: ${Object.keys(others)}`)
  const listed = (resources as string[]).flatMap((each) =>
    each.endsWith('.yaml')
      ? parseAllDocuments(textOf(`${folder}/${each}`)).map(
          (document) => document.toJS() as Manifest,
        )
      : kustomize(join(folder, each)),
  )
  const generated = ((configMapGenerator ?? []) as Manifest[]).map(({ name, files }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels: generatorOptions.labels },
    data: Object.fromEntries(
      (files as string[]).map((file) => [file, textOf(`${folder}/${file}`)]),
    ),
  }))
  return [...listed, ...generated]
}
