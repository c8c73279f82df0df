import TronKit

/// Zeroing of what passes through ordinary memory on its way into `SecretBytes`.
enum Erasure {
  /// The array must be the only one that holds the bytes: a shared one is copied first.
  static func erase(_ bytes: inout [UInt8]) { bytes.withUnsafeMutableBytes { erase($0) } }

  static func erase(_ buffer: UnsafeMutableRawBufferPointer) { SecretMemory.erase(buffer) }
}
