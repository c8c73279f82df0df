import Foundation
import Synchronization

/// The tests' Python programs (Tests/Python/*.py): other people's implementations to compare ours with.
///
/// The interpreter is the one of `ENERGY_PYTHON` (which `./energy test` sets), else that of the virtual environment
/// in .build/python, which is made when it is missing or was made from another requirements.txt.
public enum Python {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let programs = root.appending(path: "Tests/Python").path()
  /// Installing needs the network; what has not ended by then hangs.
  private static let limitOfMaking = Duration.seconds(300)

  private static let sharing = SharedServer<String> { try await findInterpreter() }

  /// Runs a program of Tests/Python to its end.
  /// - Parameters:
  ///   - script: the file's name, e.g. `"fernet.py"`.
  ///   - input: what it reads from standard input; the place for keys, which do not belong on a command line.
  ///   - limit: a program that runs for longer is killed.
  /// - Returns: what it wrote to standard output, as it is.
  /// - Throws: `TestKitError` with the end of its standard error when it ended with another status than 0.
  public static func run(
    _ script: String, _ arguments: [String] = [], input: String = "", limit: Duration = .seconds(60)
  ) async throws -> String {
    let path = "\(programs)/\(script)"
    guard FileManager.default.fileExists(atPath: path) else { throw TestKitError("There is no \(path).") }
    return try await execute([try await sharing.get(), path] + arguments, input: input, limit: limit)
  }

  private static func findInterpreter() async throws -> String {
    if let given = ProcessInfo.processInfo.environment["ENERGY_PYTHON"], !given.isEmpty {
      guard FileManager.default.isExecutableFile(atPath: given) else {
        throw TestKitError("ENERGY_PYTHON is \(given), which cannot be run: unset it, or name a Python interpreter.")
      }
      return given
    }
    let python = try Programs.find("python3", in: [])
    let folder = root.appending(path: ".build/python").path()
    let output = try await execute([python, "\(programs)/environment.py", folder], input: "", limit: limitOfMaking)
    return output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Files instead of pipes: a full pipe stops a program, whoever reads too little.
  private static func execute(_ command: [String], input: String, limit: Duration) async throws -> String {
    let folder = try TemporaryFolder.make("energy-python")
    defer { remove(folder) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.standardInput = try file("\(folder)/in", Data(input.utf8), FileHandle.init(forReadingAtPath:))
    process.standardOutput = try file("\(folder)/out", Data(), FileHandle.init(forWritingAtPath:))
    process.standardError = try file("\(folder)/err", Data(), FileHandle.init(forWritingAtPath:))
    let status = try await ended(process, limit)
    guard status == 0 else {
      let name = command.dropFirst().first ?? command[0]
      throw TestKitError("\(name) ended with \(status): \(try text("\(folder)/err").suffix(2_000))")
    }
    return try text("\(folder)/out")
  }

  private static func ended(_ process: Process, _ limit: Duration) async throws -> Int32 {
    let (statuses, status) = AsyncStream.makeStream(of: Int32.self)
    process.terminationHandler = { ended in
      status.yield(ended.terminationStatus)
      status.finish()
    }
    try process.run()
    let number = process.processIdentifier
    let watch = Task {
      try await Task.sleep(for: limit)
      kill(number, SIGKILL)
    }
    defer { watch.cancel() }
    for await value in statuses { return value }
    kill(number, SIGKILL)
    throw CancellationError()
  }

  private static func file(
    _ path: String, _ content: Data, _ open: (String) -> FileHandle?
  ) throws -> FileHandle {
    let isMade = FileManager.default.createFile(atPath: path, contents: content, attributes: [.posixPermissions: 0o600])
    guard isMade, let handle = open(path) else { throw TestKitError("\(path) cannot be written.") }
    return handle
  }

  private static func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }

  /// A folder that stays behind in /tmp harms no test.
  private static func remove(_ folder: String) {
    do {
      try FileManager.default.removeItem(atPath: folder)
    } catch {
      print("\(folder) could not be removed: \(error)")
    }
  }
}
