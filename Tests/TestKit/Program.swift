import Foundation

/// The products' programs: they stand beside the test program.
public enum Program {
  /// - Parameter name: the product's, such as `tx-svc`.
  public static func path(_ name: String) throws -> String {
    let folder = URL(fileURLWithPath: CommandLine.arguments.first ?? "").deletingLastPathComponent().path
    // A test runner of the toolchain's own loads the bundle; then the build folder counts.
    let folders = [folder, FileManager.default.currentDirectoryPath + "/.build/debug"]
    for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
      return "\(folder)/\(name)"
    }
    throw TestKitError("\(name) is not in \(folders.joined(separator: " or ")): build all products first.")
  }
}
