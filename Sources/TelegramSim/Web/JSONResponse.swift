import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// A JSON answer; it must not be cached by a browser.
func jsonResponse(_ json: JSON, status: Int = 200) throws -> Response {
  Response(
    status: HTTPResponse.Status(code: status),
    headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
    body: ResponseBody(byteBuffer: ByteBuffer(bytes: try json.encoded())))
}

extension Request {
  /// The whole body; throws `BodyTooLarge` over `Limits.bodyBytes`.
  func bytes() async throws -> Data {
    do {
      return Data(try await body.collect(upTo: Limits.bodyBytes).readableBytesView)
    } catch is NIOTooManyBytesError {
      throw BodyTooLarge()
    }
  }
}

/// A request body over the limit.
struct BodyTooLarge: Error {}
