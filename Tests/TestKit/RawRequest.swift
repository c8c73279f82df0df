import Foundation
import Glibc

/// Sends bytes as they are to a port of this machine, and returns all that comes back until the other side closes: for
/// requests that no HTTP client would send.
public func rawAnswer(port: Int, _ bytes: [UInt8], within seconds: Int = 10) async throws -> String {
  try await withCheckedThrowingContinuation { continuation in
    // The calls block, so they have a thread of their own.
    Thread.detachNewThread {
      continuation.resume(with: Result { try exchange(port: port, bytes, seconds: seconds) })
    }
  }
}

private func exchange(port: Int, _ bytes: [UInt8], seconds: Int) throws -> String {
  let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  guard socket >= 0 else { throw TestKitError("no socket: errno \(errno)") }
  defer { close(socket) }
  var patience = timeval(tv_sec: seconds, tv_usec: 0)
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = in_port_t(UInt16(port)).bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  let connected = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  guard connected == 0 else { throw TestKitError("no connection to port \(port): errno \(errno)") }
  guard send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
    throw TestKitError("not all bytes were sent to port \(port): errno \(errno)")
  }
  var answer: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 16_384)
  while true {
    let count = recv(socket, &buffer, buffer.count, 0)
    if count == 0 { return String(decoding: answer, as: UTF8.self) }
    guard count > 0 else { throw TestKitError("port \(port) fell silent: errno \(errno)") }
    answer += buffer.prefix(count)
  }
}
