import Foundation
import TestKit
import Testing

@Suite(.withStack) struct CoreDumpTests {
  @Test("tx-svc, which holds keys, never writes its memory to a core file")
  func coreLimit() async throws {
    let stack = try Stack.current()
    let processes = try ProcessMemory.all(around: [stack.folder.path]).filter { $0.program == "tx-svc" }
    #expect(!processes.isEmpty)
    for process in processes {
      let limits = try String(contentsOfFile: "/proc/\(process.pid)/limits", encoding: .utf8)
      let core = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
      #expect(core.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"])
      // A process that cannot be dumped belongs to root, whoever started it; its locked memory is there.
      let status = try String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)
      let locked = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmLck:") })
      #expect(locked.split(separator: " ").dropFirst().first != "0", "keys are held in locked memory")
    }
  }
}
