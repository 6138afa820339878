// Every switch, delay and limit of the simulator: name, default, meaning and where it comes from. Data only;
// settings.ts reads assignments against it.
import { API_SETTINGS } from "./api-settings.js";
import { PROCESSOR_SETTINGS } from "./processor-settings.js";

export const SETTINGS = { ...PROCESSOR_SETTINGS, ...API_SETTINGS } as const;

type SettingName = keyof typeof SETTINGS;
type Widen<T> = T extends number ? number : T extends boolean ? boolean : string;
export type SimSettings = {
  readonly [K in SettingName]: Widen<(typeof SETTINGS)[K]["value"]>;
};
