/// Column names for property names: `energyPriceSun` → `energy_price_sun`, `orderID` → `order_id`.
enum ColumnName {
  static func of(_ property: String) -> String {
    var property = property
    return property.withUTF8 { letters in
      guard letters.contains(where: isLarge) else { return String(decoding: letters, as: UTF8.self) }
      return String(unsafeUninitializedCapacity: 2 * letters.count) { convert(letters, into: $0) }
    }
  }

  /// Whether this is the column of a property, without making its name.
  static func isColumn(_ name: UnsafePointer<CChar>, of property: UnsafeBufferPointer<UInt8>) -> Bool {
    var place = 0
    for (index, letter) in property.enumerated() {
      if beginsWord(property, index) {
        guard UInt8(bitPattern: name[place]) == line else { return false }
        place += 1
      }
      // Nothing is read behind the name's end.
      guard letter != 0, UInt8(bitPattern: name[place]) == lower(letter) else { return false }
      place += 1
    }
    return name[place] == 0
  }

  /// - Returns: how many bytes were written.
  private static func convert(
    _ letters: UnsafeBufferPointer<UInt8>, into name: UnsafeMutableBufferPointer<UInt8>
  ) -> Int {
    var count = 0
    for (index, letter) in letters.enumerated() {
      if beginsWord(letters, index) {
        name[count] = line
        count += 1
      }
      name[count] = lower(letter)
      count += 1
    }
    return count
  }

  private static let line = UInt8(ascii: "_")

  /// A capital begins a word after a small letter or digit, and as the last of a run that a small letter follows.
  /// Letters beyond ASCII stay as they are.
  private static func beginsWord(_ letters: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
    guard isLarge(letters[index]), index > 0, letters[index - 1] != line else { return false }
    let beforeSmall = index + 1 < letters.count && isSmall(letters[index + 1])
    return !isLarge(letters[index - 1]) || beforeSmall
  }

  private static func lower(_ letter: UInt8) -> UInt8 { isLarge(letter) ? letter | 0x20 : letter }
  private static func isLarge(_ letter: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(letter) }
  private static func isSmall(_ letter: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter) }
}
