export default function noSandboxYet(): void { /* the sandbox part replaces this file */ }
