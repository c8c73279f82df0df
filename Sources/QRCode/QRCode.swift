import CQrencode
import Foundation

/// A text as a square of dark and light modules (ISO/IEC 18004), made by libqrencode in the smallest version that holds
/// it, at error correction level M: it is still read when up to 15 % of it is damaged.
public struct QRCode: Sendable, Equatable {
  /// The longest text, in bytes of UTF-8. A code could hold 2331 at this level, but a phone would not read such small
  /// modules off another phone.
  public static let textBytesMax = 512
  /// Light modules on each side without which readers do not find the code.
  public static let quietZone = 4

  /// Modules on one side, without the quiet zone: 21 to 177.
  public let side: Int
  /// Row by row.
  private let dark: [Bool]

  /// - Throws: `QRCodeError.textLength` for an empty or too long text, `notEncoded` when the library fails.
  public init(_ text: String) throws(QRCodeError) {
    let bytes = Array(text.utf8)
    guard (1...Self.textBytesMax).contains(bytes.count) else { throw .textLength(bytes: bytes.count) }
    // Version 0: the smallest that fits.
    guard let code = QRcode_encodeData(Int32(bytes.count), bytes, 0, QR_ECLEVEL_M) else { throw .notEncoded(errno) }
    defer { QRcode_free(code) }
    side = Int(code.pointee.width)
    // The lowest bit of a module is its colour; the others say what it is for.
    dark = UnsafeBufferPointer(start: code.pointee.data, count: side * side).map { $0 & 1 == 1 }
  }

  /// Whether a module is dark. What lies outside is light.
  public func isDark(column: Int, row: Int) -> Bool {
    guard (0..<side).contains(column), (0..<side).contains(row) else { return false }
    return dark[row * side + column]
  }

  /// The code as a PNG with its quiet zone, every module of the same whole number of pixels so that its edges are
  /// sharp.
  /// - Parameter widthMin: pixels, 1 to 4096. The picture has this width or the next that is a multiple.
  /// - Throws: `QRCodeError`.
  public func png(widthMin: Int = 400) throws(QRCodeError) -> [UInt8] {
    guard (1...4096).contains(widthMin) else { throw .width(widthMin) }
    let modules = side + 2 * Self.quietZone
    let scale = (widthMin + modules - 1) / modules
    var pixels: [UInt8] = []
    pixels.reserveCapacity(modules * scale * modules * scale)
    for row in -Self.quietZone..<side + Self.quietZone {
      let line = (-Self.quietZone..<side + Self.quietZone).flatMap { column in
        repeatElement(isDark(column: column, row: row) ? UInt8.min : .max, count: scale)
      }
      for _ in 0..<scale { pixels += line }
    }
    return try PNG.grey(pixels, width: modules * scale)
  }
}

/// Why there is no QR code, or no picture of it.
public enum QRCodeError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The text is empty or too long.
  case textLength(bytes: Int)
  /// The picture would be too small or too large, in pixels.
  case width(Int)
  /// libqrencode failed with this `errno`.
  case notEncoded(Int32)
  /// zlib failed with this result.
  case notCompressed(Int32)

  /// With the value and the remedy.
  public var description: String {
    switch self {
    case .textLength(let bytes): "the text has \(bytes) bytes; give 1 to \(QRCode.textBytesMax)"
    case .width(let width): "a width of \(width) pixels was asked for; give 1 to 4096"
    case .notEncoded(let number): "libqrencode failed: \(String(cString: strerror(number)))"
    case .notCompressed(let result): "zlib failed with \(result); is there memory left?"
    }
  }
}
