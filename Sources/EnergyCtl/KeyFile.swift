import ArgumentParser
import Foundation

/// A private key in a file or on standard input. What it holds is never shown, whatever is wrong with it.
enum KeyFile {
  /// - Parameter path: `-` for standard input.
  /// - Returns: 64 hex digits in lower case.
  static func read(_ path: String) throws -> String {
    let digits = path.hasPrefix("0x") ? path.dropFirst(2) : path[...]
    guard digits.count < 32 || !digits.allSatisfy(\.isHexDigit) else {
      // Repeating it would put it into more logs than the shell's history.
      throw ValidationError(
        "--key-file got what looks like a key: put the key into a file and give its path. "
          + "That key has been on a command line; do not use it any more.")
    }
    return try parse(try SecretTextFile.read(path, "--key-file"))
  }

  private static func parse(_ text: String) throws -> String {
    let hex = Set("0123456789abcdefABCDEF".utf8)
    guard text.utf8.count == 64, text.utf8.allSatisfy(hex.contains) else {
      throw ValidationError("the key has \(text.count) characters: it must be 64 hex digits")
    }
    return text.lowercased()
  }
}

/// Whether others may read a file with a secret. It is read all the same: the file system of a memory stick may know
/// no owners.
enum OpenFileMode {
  static func warn(_ file: FileHandle, _ path: String) {
    if let warning = warning(file, path) { writeError(warning) }
  }

  /// Nil for what is no file, such as a pipe.
  static func warning(_ file: FileHandle, _ path: String) -> String? {
    var status = stat()
    guard fstat(file.fileDescriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    let others = status.st_mode & 0o077
    guard others != 0 else { return nil }
    let mode = String(status.st_mode & 0o777, radix: 8)
    return "warning: \(path) has the mode \(mode): other users of this machine may reach its secret. chmod 600 \(path)"
  }
}
