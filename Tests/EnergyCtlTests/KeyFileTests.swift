import ArgumentParser
import Foundation
import Testing

@testable import EnergyCtl

@Suite("A supplier's key")
struct KeyFileTests {
  private static let key = "be88df1d0bf30a923cb39c3bb953178baaf3726e8d3ce81e7c8462e046e0d835"

  private func file<T>(_ content: Data, _ body: (String) throws -> T) throws -> T {
    let path = NSTemporaryDirectory() + "key-\(UUID().uuidString)"
    try content.write(to: URL(filePath: path))
    defer { unlink(path) }
    return try body(path)
  }

  /// What the person sees of the error.
  private func complaint(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch { return EnergyCtl.message(for: error) + EnergyCtl.fullMessage(for: error) }
  }

  @Test("is read from a file, in either case, with white space around it")
  func good() throws {
    for text in [Self.key, Self.key.uppercased(), " \(Self.key)\r\n"] {
      #expect(try file(Data(text.utf8)) { try KeyFile.read($0) } == Self.key)
    }
  }

  @Test("that is none is refused, and never shown", arguments: [
    "", "\n", "abc", String(key.dropLast()), key + "0", "0x" + key, String(key.dropLast()) + "g",
    String(key.dropLast()) + "\u{ff11}", key + "\n" + key,
  ])
  func bad(text: String) throws {
    let said = try file(Data(text.utf8)) { path in complaint { _ = try KeyFile.read(path) } }
    #expect(said.contains("64 hex digits"))
    #expect(!said.contains(Self.key.prefix(16)))
  }

  @Test("that others may reach is told", arguments: [(0o600, false), (0o400, false), (0o640, true), (0o604, true)])
  func mode(mode: Int, isTold: Bool) throws {
    try file(Data(Self.key.utf8)) { path in
      try #require(chmod(path, mode_t(mode)) == 0)
      let opened = try #require(FileHandle(forReadingAtPath: path))
      let warning = OpenFileMode.warning(opened, path)
      #expect((warning != nil) == isTold)
      #expect(warning?.contains(Self.key) != true)
    }
  }

  @Test("in a huge or binary file is refused")
  func notText() throws {
    for data in [Data(repeating: 0x61, count: 1 << 20), Data([0xff, 0xfe, 0x00])] {
      #expect(throws: ValidationError.self) { try file(data) { try KeyFile.read($0) } }
    }
  }

  @Test("must be in a file that exists")
  func missing() {
    #expect(complaint { _ = try KeyFile.read("/nonexistent/key") }.contains("/nonexistent/key cannot be read"))
    #expect(throws: (any Error).self) { try KeyFile.read(NSTemporaryDirectory()) }
  }

  @Test("given on the command line is refused without repeating it", arguments: [key, "0x" + key, key.uppercased()])
  func onTheCommandLine(text: String) {
    let said = complaint { _ = try KeyFile.read(text) }
    #expect(said.contains("put the key into a file"))
    #expect(!said.lowercased().contains(Self.key.prefix(16)))
  }

  @Test("has no option of its own", arguments: ["--key", "--private-key", "--secret"])
  func noOption(name: String) {
    let arguments = ["supplier", "add", "--reason", "test", "--key-file", "f", name, Self.key, Self.key]
    #expect(throws: (any Error).self) { try EnergyCtl.parseAsRoot(arguments) }
  }

  @Test("is refused before anything is sent when its permission cannot sign", arguments: [-1, 1, 10])
  func permission(id: Int) async throws {
    let arguments = ["supplier", "add", "--reason", "test", "--key-file", "f", "--permission=\(id)"]
    let command = try #require(try EnergyCtl.parseAsRoot(arguments) as? SupplierCommand.Add)
    await #expect(throws: ValidationError.self) { try await command.run() }
  }
}
