import Foundation

/// Keeps what this process holds from being written to disk or read by others of its user.
enum ProcessSecrecy {
  struct Failure: Error, CustomStringConvertible {
    let call: String
    let number: Int32
    var description: String { "\(call) failed (\(String(cString: strerror(number)))): core dumps cannot be turned off" }
  }

  /// No core dumps, no debugger and no `/proc/PID/mem` for processes without privileges. For the life of the process.
  static func apply() throws {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    guard setrlimit(coreLimit, &none) == 0 else { throw Failure(call: "setrlimit", number: errno) }
    #if os(Linux)
      guard prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 else { throw Failure(call: "prctl", number: errno) }
    #endif
  }

  #if os(Linux)
    static var coreLimit: __rlimit_resource_t { RLIMIT_CORE }
  #else
    static var coreLimit: Int32 { RLIMIT_CORE }
  #endif
}
