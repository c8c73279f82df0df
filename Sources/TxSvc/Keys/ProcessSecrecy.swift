import Foundation
import TronKit

/// Keeps what this process holds from being written to disk or read by others of its user.
enum ProcessSecrecy {
  struct Failure: Error, CustomStringConvertible {
    let call: String
    let number: Int32
    var description: String { "\(call) failed (\(String(cString: strerror(number)))): core dumps cannot be turned off" }
  }

  /// Makes sure that secrets can be locked into memory; from then on no core dumps, and no debugger and no
  /// `/proc/PID/mem` for processes without privileges.
  /// - Throws: `KeyError` when locking is refused (`ulimit -l`), or `Failure`.
  static func apply() throws {
    try SecretMemory.requireLocked()
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    guard setrlimit(coreLimit, &none) == 0 else { throw Failure(call: "setrlimit", number: errno) }
    #if os(Linux)
      guard dumpable(set: false) == 0 else { throw Failure(call: "prctl", number: errno) }
    #endif
  }

  #if os(Linux)
    // linux/prctl.h
    private static let getDumpable: Int32 = 3
    private static let setDumpable: Int32 = 4

    /// 0 when the process is kept from being looked into, and -1 on failure.
    /// - Parameter set: nil: only asks.
    static func dumpable(set: Bool?) -> Int32 {
      typealias Call = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
      // Declared as variadic, which Swift does not call; on Linux the convention is the same.
      guard let symbol = dlsym(nil, "prctl") else { return -1 }
      let prctl = unsafeBitCast(symbol, to: Call.self)
      guard let set else { return prctl(getDumpable, 0, 0, 0, 0) }
      return prctl(setDumpable, set ? 1 : 0, 0, 0, 0)
    }

    static var coreLimit: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_CORE.rawValue) }
  #else
    static var coreLimit: Int32 { RLIMIT_CORE }
  #endif
}
