/** Settings from flags, environment and settings file, merged and checked; nothing that is wrong is ignored. */
import type { z } from "zod";
import { type Setting, type SettingName, SETTINGS, type Settings, settingsSchema } from "../config.ts";

/** Where settings are given; earlier ones win. */
export interface SettingSources {
  /** By key, every value given. */
  readonly flags: Readonly<Partial<Record<SettingName, readonly string[]>>>;
  /** By variable. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Parsed; its values may have their own types. */
  readonly file?: { readonly path: string; readonly content: unknown };
}

export type SettingsResult =
  | { readonly ok: true; readonly settings: Settings }
  /** One sentence each. */
  | { readonly ok: false; readonly errors: readonly string[] };

export function readSettings({ flags, env, file }: SettingSources): SettingsResult {
  const values: Record<string, unknown> = {};
  const names: Record<string, string> = {};
  if (file !== undefined) {
    const { path, content } = file;
    if (typeof content !== "object" || content === null || Array.isArray(content)) {
      return { ok: false, errors: [`${path}: expected a map of settings`] };
    }
    for (const [key, value] of Object.entries(content)) {
      values[key] = value;
      names[key] = `${path}: ${key}`;
    }
  }
  for (const setting of SETTINGS) {
    const { key } = setting;
    const flag = flags[key];
    const variable = env[setting.env];
    if (flag !== undefined) {
      values[key] = fromTexts(setting, flag, ",");
      names[key] = `--${setting.flag}`;
    } else if (variable !== undefined && variable !== "") {
      values[key] = fromTexts(setting, [variable], setting.separator ?? "");
      names[key] = setting.env;
    }
  }
  const result = settingsSchema.safeParse(values);
  if (result.success) return { ok: true, settings: result.data };
  return { ok: false, errors: result.error.issues.map((issue) => explain(issue, values, names)) };
}

/** What texts of flags and variables mean: one value, a list, or the map of limits. */
function fromTexts({ key, separator }: Setting, texts: readonly string[], splitAt: string): unknown {
  if (separator === undefined) return texts.at(-1);
  const items = separator === splitAt ? texts.flatMap((item) => item.split(separator)) : texts;
  const given = items.map((item) => item.trim()).filter((item) => item !== "");
  return key === "limits" ? limitsFrom(given) : given;
}

/** `a.b=1` as `{ a: { b: "1" } }`; what has another form becomes a field that the schema refuses by name. */
function limitsFrom(items: readonly string[]): unknown {
  const root: Record<string, unknown> = {};
  for (const item of items) {
    const [name = "", value = ""] = item.split("=", 2);
    const path = name.split(".");
    const last = path.pop() ?? "";
    let map = root;
    for (const step of path) map = (map[step] ??= {}) as Record<string, unknown>;
    map[last] = value;
  }
  return root;
}

function explain(
  issue: z.core.$ZodIssue,
  values: Readonly<Record<string, unknown>>,
  names: Readonly<Record<string, string>>,
): string {
  const [key = "", ...inner] = issue.path.map(String);
  const name = names[key] ??
    SETTINGS.filter((each) => each.key === key).map(({ flag }) => `--${flag}`).join();
  if (issue.code === "unrecognized_keys") {
    const unknown = issue.keys.map((each) => `"${[...inner, each].join(".")}"`).join(", ");
    return name === "" ? `no setting is called ${unknown}` : `${name}: there is no ${unknown}`;
  }
  let given: unknown = values;
  for (const step of issue.path) given = (given as Record<PropertyKey, unknown> | undefined)?.[step];
  const shown = given === undefined || typeof given === "object" ? "" : ` ${JSON.stringify(given)}`;
  const field = inner.length === 0 || Array.isArray(values[key]) ? "" : ` ${inner.join(".")}`;
  return `${name}${field}${shown}: ${issue.message}`;
}
