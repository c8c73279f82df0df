import TestKit
import Testing

struct PythonTests {
  @Test func aProgramGetsItsArgumentsAndInput() async throws {
    let output = try await Python.run("echo.py", ["one", "two"], input: "three")
    #expect(output == "one two three 0.6.2\n")
  }

  @Test func aProgramThatFailsSaysWhy() async throws {
    let error = await #expect(throws: TestKitError.self) { try await Python.run("echo.py", ["fail"]) }
    #expect(error?.description.contains("as asked") == true)
  }

  @Test func aProgramThatHangsIsEnded() async throws {
    await #expect(throws: TestKitError.self) { try await Python.run("hang.py", limit: .milliseconds(500)) }
  }
}
