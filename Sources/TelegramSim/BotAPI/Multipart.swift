import Foundation

/// A `multipart/form-data` body (RFC 7578): what has a file name is a file, the rest are text fields.
enum Multipart {
  typealias Parts = (fields: [String: JSON], files: [String: Data])

  static func boundary(_ contentType: String) -> String? {
    for part in contentType.split(separator: ";").dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      if pair.count == 2, pair[0].lowercased() == "boundary" {
        return pair[1].trimmingCharacters(in: CharacterSet(charactersIn: "\""))
      }
    }
    return nil
  }

  static func parts(_ body: Data, boundary: String) -> Parts {
    var parts: Parts = ([:], [:])
    // A line break before the first delimiter lets every delimiter be found the same way.
    let data = Data("\r\n".utf8) + body
    let delimiter = Data("\r\n--\(boundary)".utf8)
    let blank = Data("\r\n\r\n".utf8)
    var rest = data[...]
    while let start = rest.range(of: delimiter) {
      rest = rest[start.upperBound...]
      guard let end = rest.range(of: delimiter) else { break }
      let part = rest[..<end.lowerBound]
      if let split = part.range(of: blank) {
        let headers = String(decoding: part[..<split.lowerBound], as: UTF8.self)
        let content = part[split.upperBound...]
        if let name = attribute("name", headers) {
          if attribute("filename", headers) == nil {
            parts.fields[name] = .string(String(decoding: content, as: UTF8.self))
          } else {
            parts.files[name] = Data(content)
          }
        }
      }
    }
    return parts
  }

  private static func attribute(_ name: String, _ headers: String) -> String? {
    for line in headers.components(separatedBy: "\r\n") where line.lowercased().hasPrefix("content-disposition:") {
      for part in line.split(separator: ";").dropFirst() {
        let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
        if pair.count == 2, pair[0].lowercased() == name {
          return pair[1].trimmingCharacters(in: CharacterSet(charactersIn: "\""))
        }
      }
    }
    return nil
  }
}
