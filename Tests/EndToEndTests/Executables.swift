import Foundation
import TestKit

/// The products' programs: they stand beside the test program.
enum Executables {
  static func path(_ name: String) throws -> String {
    let path = folder + "/" + name
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw TestKitError("\(path) does not exist: build all products before these tests run.")
    }
    return path
  }

  private static var folder: String {
    let program = URL(fileURLWithPath: CommandLine.arguments.first ?? "").deletingLastPathComponent().path
    // A test runner of the toolchain's own loads the bundle; then the bundle's folder counts.
    let candidates = [program, Bundle.main.bundleURL.path, FileManager.default.currentDirectoryPath + "/.build/debug"]
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0 + "/energyctl") } ?? program
  }
}
