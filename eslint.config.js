import tseslint from "typescript-eslint";
const clock = [
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: "Take `now` as an argument.",
  },
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: "Take `now` as an argument.",
  },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: "Pass randomness in.",
  },
  {
    selector: "FunctionDeclaration[async=true], ArrowFunctionExpression[async=true]",
    message: "The domain is synchronous.",
  },
];
const environment = {
  object: "process",
  property: "env",
  message: "Only src/config/environment.ts reads the environment.",
};
export default tseslint.config(
  { ignores: ["dist/**", "src/http/client/schema.d.ts", "**/*.cjs", "eslint.config.js", "knip.config.js"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: false },
      ],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "no-console": "error",
      "no-restricted-properties": ["error", environment],
      "max-lines": ["error", { max: 400, skipComments: true, skipBlankLines: true }],
      "max-lines-per-function": ["error", { max: 70, skipComments: true, skipBlankLines: true }],
      complexity: ["error", 12],
      "max-params": ["error", 3],
      eqeqeq: "error",
    },
  },
  {
    files: ["src/**/*.ts", "activities/**/*.ts", "workflows/**/*.ts"],
    rules: {
      "max-lines": ["error", { max: 250, skipComments: true, skipBlankLines: true }],
      "max-lines-per-function": ["error", { max: 60, skipComments: true, skipBlankLines: true }],
    },
  },
  { files: ["src/config/environment.ts"], rules: { "no-restricted-properties": "off" } },
  {
    files: ["src/store/**/*.ts"],
    ignores: ["src/store/postgres/parameters.ts"],
    rules: {
      "no-restricted-properties": [
        "error",
        environment,
        { object: "JSON", property: "stringify", message: "Postgres refuses some characters: use toJson." },
      ],
    },
  },
  { files: ["src/domain/**/*.ts"], rules: { "no-restricted-syntax": ["error", ...clock] } },
  {
    files: ["src/domain/**/*.ts", "workflows/**/*.ts"],
    rules: {
      "no-restricted-globals": [
        "error",
        "process",
        "Buffer",
        "fetch",
        "console",
        "performance",
        "setImmediate",
        "queueMicrotask",
        "structuredClone",
        "crypto",
      ],
    },
  },
);
