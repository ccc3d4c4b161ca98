// Vitest's report, and a last line that says it all: "N passed, N failed, N skipped".
import {
  DefaultReporter,
  type SerializedError,
  type TestModule,
  type TestRunEndReason,
} from "vitest/node";

/** Used by vitest.config.ts. */
// biome-ignore lint/style/noDefaultExport: vitest wants it
export default class CountingReporter extends DefaultReporter {
  override onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    super.onTestRunEnd(modules, errors, reason);
    let passed = 0;
    let failed = errors.length;
    let skipped = 0;
    for (const module of modules) {
      let broken = module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed++;
        else if (state === "failed") failed++;
        else skipped++;
      }
      // A file that could not be loaded, or a hook that failed.
      for (const suite of module.children.allSuites()) broken += suite.errors().length;
      failed += broken;
    }
    this.ctx.logger.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  }
}
