import BusKit
import Foundation

/// A `multipart/form-data` body (RFC 7578). Names are constants of ours; contents may be anything.
struct MultipartForm: Sendable {
  /// Random, so that no content can hold it.
  let boundary: String
  private var parts: [UInt8] = []

  init(boundary: String = "energy-\(UUID().text)") { self.boundary = boundary }

  mutating func add(_ name: String, value: [UInt8]) {
    part("Content-Disposition: form-data; name=\"\(name)\"", value)
  }

  mutating func add(_ name: String, file: String, type: String, content: [UInt8]) {
    part(
      "Content-Disposition: form-data; name=\"\(name)\"; filename=\"\(file)\"\r\nContent-Type: \(type)", content)
  }

  private mutating func part(_ head: String, _ content: [UInt8]) {
    parts += Array("--\(boundary)\r\n\(head)\r\n\r\n".utf8) + content + Array("\r\n".utf8)
  }

  var contentType: String { "multipart/form-data; boundary=\(boundary)" }
  var body: [UInt8] { parts + Array("--\(boundary)--\r\n".utf8) }
}

/// A file that goes along with a call of the Bot API.
struct TelegramFile: Sendable {
  /// The parameter that takes it.
  let field: String
  let name: String
  /// Its media type.
  let type: String
  let bytes: [UInt8]
}
