/* The settings reader of the C phone example. It needs no library. To be run in its directory, for
 * it reads the example's own settings file. */

#define _DEFAULT_SOURCE

#include "count.h"
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In memory of exactly that size, so that reading beyond it is seen. */
static bool parse(const char *text, size_t len, struct settings *settings,
                  struct settings_error *error)
{
    char *copy = malloc(len > 0 ? len : 1);
    CHECK(copy != NULL);
    memcpy(copy, text, len);
    error->text[0] = '\0';
    memset(settings, 0xaa, sizeof *settings);
    bool ok = settings_parse(settings, copy, len, "cfg.xml", error);
    free(copy);
    return ok;
}

static struct settings accepted(const char *text)
{
    struct settings settings;
    struct settings_error error;
    if (!parse(text, strlen(text), &settings, &error)) {
        fprintf(stderr, "not accepted: %s\n%s\n", error.text, text);
        exit(1);
    }
    CHECK(error.text[0] == '\0');
    return settings;
}

static void refused(const char *text, const char *why)
{
    static const struct settings wiped;
    struct settings settings;
    struct settings_error error;
    if (parse(text, strlen(text), &settings, &error)) {
        fprintf(stderr, "accepted, not: %s\n%s\n", why, text);
        exit(1);
    }
    if (strcmp(error.text, why) != 0) {
        fprintf(stderr, "expected: %s\nsaid:     %s\n", why, error.text);
        exit(1);
    }
    checks++;
    CHECK(memcmp(&settings, &wiped, sizeof settings) == 0);
}

static void everything_is_read(void)
{
    struct settings settings = accepted("\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>\n"
                                        "<?style none?><!-- P8626 -->\n"
                                        "<a>\r\n"
                                        " <P8626 para=\"802.1XMode\">\n 7 </P8626>\n"
                                        " <P8627 x='>' para = \"a'b\"\n>alice</P8627 >\n"
                                        " <network.802_1x.anonymous_identity>nobody"
                                        "</network.802_1x.anonymous_identity>\n"
                                        " <P8628>secret</P8628>\n"
                                        " <b><P20987>http://192.0.2.1/ca.pem</P20987></b>\n"
                                        " <P20988>tftp://x/d.pem</P20988>\n"
                                        "</a>\n<!-- end -->\n");
    CHECK(settings.mode == 7);
    CHECK(strcmp(settings.identity, "alice") == 0);
    CHECK(strcmp(settings.anonymous_identity, "nobody") == 0);
    CHECK(strcmp(settings.password, "secret") == 0);
    CHECK(strcmp(settings.ca_certificate_url, "http://192.0.2.1/ca.pem") == 0);
    CHECK(strcmp(settings.device_certificate_url, "tftp://x/d.pem") == 0);
}

static void what_is_missing_is_empty_and_disabled(void)
{
    struct settings settings = accepted("<a/>");
    CHECK(settings.mode == SETTINGS_MODE_DISABLED);
    CHECK(settings.identity[0] == '\0' && settings.password[0] == '\0');
    CHECK(settings.ca_certificate_url[0] == '\0' && settings.device_certificate_url[0] == '\0');
    CHECK(accepted("<a><P8627/><P8628 para='x' /></a>").identity[0] == '\0');
    CHECK(accepted("<P8626>1</P8626>").mode == 1);
    CHECK(settings.anonymous_identity[0] == '\0');
    CHECK(settings.provision_mode == SETTINGS_PROVISION_DEFAULT && settings.pac_file[0] == '\0');
}

static void other_elements_are_skipped(void)
{
    struct settings settings = accepted("<a><P862>9</P862><P86260>9</P86260><p8626>9</p8626>"
                                        "<x y='1'>text & more<z/><![CDATA[</x>]]></x>"
                                        "<P8626>1</P8626></a>");
    CHECK(settings.mode == 1);
}

static void text_is_taken_as_it_is_meant(void)
{
    CHECK(strcmp(accepted("<P8628>&lt;&gt;&amp;&quot;&apos;</P8628>").password, "<>&\"'") == 0);
    CHECK(strcmp(accepted("<P8628>&#65;&#x42;&#x6a;&#x6A;</P8628>").password, "ABjj") == 0);
    CHECK(strcmp(accepted("<P8628>a<![CDATA[<&amp;]]]>b<!-- c -->d</P8628>").password,
                 "a<&amp;]bd") == 0);
    CHECK(strcmp(accepted("<P8628> two  words </P8628>").password, " two  words ") == 0);
    CHECK(strcmp(accepted("<P8627>Zo\xc3\xab</P8627>").identity, "Zo\xc3\xab") == 0);
    CHECK(strcmp(accepted("<P8627>&#235;&#x20ac;&#x1f600;</P8627>").identity,
                 "\xc3\xab\xe2\x82\xac\xf0\x9f\x98\x80") == 0);
    CHECK(strcmp(accepted("<P8627>&#x10ffff;</P8627>").identity, "\xf4\x8f\xbf\xbf") == 0);
}

static void modes_are_digits_from_0_to_7(void)
{
    char text[128];
    for (unsigned mode = 0; mode <= SETTINGS_MODE_MAX; mode++) {
        snprintf(text, sizeof text, "<a><P8626>%u</P8626><P20987>c</P20987><P20988>d</P20988></a>",
                 mode);
        CHECK(accepted(text).mode == mode);
        if (mode != SETTINGS_MODE_DISABLED)
            CHECK(settings_modes[mode - 1].number == mode);
    }
    refused("<a>\n\n\n<P8626 para='802.1XMode'>9</P8626></a>",
            "cfg.xml:4: P8626: 9 given, 0 to 7 accepted");
    refused("<a><P8626>8</P8626></a>", "cfg.xml:1: P8626: 8 given, 0 to 7 accepted");
    refused("<a><P8626>01</P8626></a>", "cfg.xml:1: P8626: 01 given, 0 to 7 accepted");
    refused("<a><P8626>4294967297</P8626></a>",
            "cfg.xml:1: P8626: 4294967297 given, 0 to 7 accepted");
    static const char *const no_numbers[] = {
        "<P8626>MD5</P8626>", "<P8626>-1</P8626>", "<P8626>1 2</P8626>", "<P8626> </P8626>",
        "<P8626></P8626>",    "<P8626/>",          "<P8626>1.</P8626>",
    };
    for (size_t i = 0; i < sizeof no_numbers / sizeof no_numbers[0]; i++)
        refused(no_numbers[i], "cfg.xml:1: P8626: not a number, 0 to 7 accepted");
}

static void mode_2_needs_both_certificates(void)
{
    refused("<a>\n<P8626>2</P8626>\n<P20988>d.pem</P20988></a>",
            "cfg.xml:2: P20987: empty, mode 2 (EAP-TLS) needs the CA certificate of the network");
    refused("<a>\n<P8626>2</P8626>\n<P20987>ca.pem</P20987><P20988/></a>",
            "cfg.xml:2: P20988: empty, mode 2 (EAP-TLS) needs the phone's certificate, with its "
            "key in the same file");
    CHECK(accepted("<a><P8626>2</P8626><P20987>c</P20987><P20988>d</P20988></a>").mode ==
          SETTINGS_MODE_TLS);
    CHECK(strcmp(settings_modes[SETTINGS_MODE_TLS - 1].name, "EAP-TLS") == 0);
}

#define PROVISION "network.802_1x.eap_fast_provision_mode"
#define PAC_FILE "network.802_1x.eap_fast_pac_file"

/* A CA certificate, a PAC, or the wish to go without. */
static void mode_7_needs_one_of_three(void)
{
    static const char why[] = "cfg.xml:1: P20987: empty, mode 7 (EAP-FAST) needs the CA "
                              "certificate of the network, or a PAC file";
    struct settings settings;
    refused("<P8626>7</P8626>", why);
    refused("<a><P8626>7</P8626><" PROVISION ">3</" PROVISION "></a>", why);
    settings = accepted("<a><P8626>7</P8626><" PAC_FILE ">/p</" PAC_FILE "></a>");
    CHECK(strcmp(settings.pac_file, "/p") == 0);
    CHECK(settings.provision_mode == SETTINGS_PROVISION_DEFAULT);
    settings = accepted("<a><P8626>7</P8626><P20987>c</P20987><" PROVISION " /></a>");
    CHECK(settings.provision_mode == SETTINGS_PROVISION_DEFAULT);
    settings = accepted("<a><P8626>7</P8626><" PROVISION ">0</" PROVISION "></a>");
    CHECK(settings.provision_mode == SETTINGS_PROVISION_ANONYMOUS);
    settings = accepted("<a><P8626>7</P8626><P20987>c</P20987><" PROVISION "> 2 </" PROVISION
                        "></a>");
    CHECK(settings.provision_mode == SETTINGS_PROVISION_BOTH);
    settings = accepted("<a><P8626>1</P8626><" PROVISION ">3</" PROVISION "></a>");
    CHECK(settings.provision_mode == SETTINGS_PROVISION_OFF);
    refused("<a><" PROVISION ">4</" PROVISION "></a>",
            "cfg.xml:1: " PROVISION ": 4 given, 0 to 3 accepted");
    refused("<a><" PROVISION ">no</" PROVISION "></a>",
            "cfg.xml:1: " PROVISION ": not a number, 0 to 3 accepted");
}

/* Whether there is a PAC or not. */
static void who_has_a_certificate_is_known_by_the_ca(void)
{
    for (unsigned mode = 1; mode <= 2; mode++) {
        char text[256], why[256];
        snprintf(why, sizeof why, "cfg.xml:1: P20987: empty, " PROVISION " %u needs the CA "
                 "certificate of the network", mode);
        snprintf(text, sizeof text, "<a><P8626>7</P8626><" PROVISION ">%u</" PROVISION "></a>",
                 mode);
        refused(text, why);
        snprintf(text, sizeof text, "<a><P8626>7</P8626><" PROVISION ">%u</" PROVISION ">"
                 "<" PAC_FILE ">/p</" PAC_FILE "></a>", mode);
        refused(text, why);
    }
}

/* `count` characters as the value of an element. */
static char *element_of(const char *name, const char *character, size_t count)
{
    static char text[8192];
    size_t len = (size_t)snprintf(text, sizeof text, "<%s>", name);
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s", character);
    snprintf(text + len, sizeof text - len, "</%s>", name);
    return text;
}

/* The certificate of the device is the network's wish. */
static void tunnels_need_the_certificate_of_the_network(void)
{
    for (unsigned mode = 3; mode <= 6; mode++) {
        char text[128], why[128];
        snprintf(text, sizeof text, "<a><P8626>%u</P8626><P20988>d</P20988></a>", mode);
        snprintf(why, sizeof why,
                 "cfg.xml:1: P20987: empty, mode %u (%s) needs the CA certificate of the network",
                 mode, settings_modes[mode - 1].name);
        refused(text, why);
        snprintf(text, sizeof text, "<a><P8626>%u</P8626><P20987>c</P20987></a>", mode);
        CHECK(accepted(text).mode == mode);
    }
}

static void lengths_are_counted_in_characters(void)
{
    static const char *const characters[] = {"a", "\xc3\xab", "\xf0\x9f\x98\x80", "&amp;"};
    for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++) {
        const char *character = characters[i];
        size_t octets = strcmp(character, "&amp;") == 0 ? 1 : strlen(character);
        CHECK(strlen(accepted(element_of("P8627", character, 31)).identity) == 31 * octets);
        CHECK(strlen(accepted(element_of("P8628", character, 31)).password) == 31 * octets);
        CHECK(strlen(accepted(element_of("network.802_1x.anonymous_identity", character, 31))
                         .anonymous_identity) == 31 * octets);
        CHECK(strlen(accepted(element_of("P20987", character, 255)).ca_certificate_url) ==
              255 * octets);
        CHECK(strlen(accepted(element_of("P20988", character, 255)).device_certificate_url) ==
              255 * octets);
        refused(element_of("P8627", character, 32),
                "cfg.xml:1: P8627: 32 characters given, at most 31 accepted");
        refused(element_of("P8628", character, 40),
                "cfg.xml:1: P8628: 40 characters given, at most 31 accepted");
        refused(element_of("network.802_1x.anonymous_identity", character, 32),
                "cfg.xml:1: network.802_1x.anonymous_identity: 32 characters given, at most 31 "
                "accepted");
        refused(element_of("P20987", character, 256),
                "cfg.xml:1: P20987: 256 characters given, at most 255 accepted");
        refused(element_of("P20988", character, 1500),
                "cfg.xml:1: P20988: 1500 characters given, at most 255 accepted");
    }
}

static void values_are_one_line_of_text(void)
{
    refused("<a>\n<P8627>\nalice\n</P8627>\n</a>",
            "cfg.xml:2: P8627: a line break or control character, one line accepted");
    refused("<P8628>a&#10;b</P8628>",
            "cfg.xml:1: P8628: a line break or control character, one line accepted");
    refused("<a>\n<P8628>\n<b/></P8628></a>", "cfg.xml:3: P8628: an element inside, text accepted");
    refused("<a>\n<P8627>alice", "cfg.xml:2: P8627: the end tag is missing");
}

static void a_parameter_is_given_once(void)
{
    refused("<a>\n<P8627>alice</P8627>\n<P8627>bob</P8627></a>",
            "cfg.xml:3: P8627: given again (first in line 2), once accepted");
    refused("<a><P8626>1</P8626>\n<P8626>1</P8626></a>",
            "cfg.xml:2: P8626: given again (first in line 1), once accepted");
    refused("<a><P8628/>\n<b><P8628>x</P8628></b></a>",
            "cfg.xml:2: P8628: given again (first in line 1), once accepted");
}

static void entities_are_those_of_xml(void)
{
    static const char *const wrong[] = {
        "&nbsp;",  "&;",       "&#;",       "&#x;",       "&#xg;",       "&#1a;",
        "&#0;",    "&#xd800;", "&#xdfff;",  "&#x110000;", "&#99999999999999999999;",
        "&LT;",    "&#-1;",    "&#X41;",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        refused(element_of("P8628", wrong[i], 1),
                "cfg.xml:1: unknown entity, accepted: &lt; &gt; &amp; &quot; &apos; &#N; &#xN;");
    refused("<P8628>a & b</P8628>",
            "cfg.xml:1: & without its ; (a & itself is written &amp;)");
    refused("<P8628>\n&amp</P8628>",
            "cfg.xml:2: & without its ; (a & itself is written &amp;)");
}

static void the_file_is_well_formed(void)
{
    refused("", "cfg.xml:1: no element, one root element accepted");
    refused(" \n<!-- -->\n", "cfg.xml:3: no element, one root element accepted");
    refused("<a>\n<b>\n</a>", "cfg.xml:3: </a> found, </b> accepted");
    refused("<a>\n</a>\n</b>", "cfg.xml:3: an end tag without its start tag");
    refused("<a>\n", "cfg.xml:2: the file ends before </a>");
    refused("<a/>\n<b/>", "cfg.xml:2: a second root element, one accepted");
    refused("<a/>\nP8626", "cfg.xml:2: text outside the root element");
    refused("x<a/>", "cfg.xml:1: text outside the root element");
    refused("<a>< b/></a>", "cfg.xml:1: a name is missing after < or </");
    refused("<a></>", "cfg.xml:1: a name is missing after < or </");
    refused("<a x='1'y='2'/>", "cfg.xml:1: a tag is not closed with >");
    refused("<a><b /x></a>", "cfg.xml:1: a tag is not closed with >");
    refused("<a></a b='1'>", "cfg.xml:1: an end tag is not closed with >");
    refused("<a x/>", "cfg.xml:1: an attribute without = and a value");
    refused("<a x=1/>", "cfg.xml:1: an attribute's value without quotes");
    refused("<a\nx='1/>", "cfg.xml:2: an attribute without its end '");
    refused("<a x='<'/>", "cfg.xml:1: < in an attribute, accepted: &lt;");
    refused("<a>\n<!-- </a>\n\n", "cfg.xml:2: a comment without its end -->");
    refused("<a><![CDATA[</a>", "cfg.xml:1: CDATA without its end ]]>");
    refused("<P8628><![CDATA[x]]</P8628>", "cfg.xml:1: CDATA without its end ]]>");
    refused("<?x <a/>", "cfg.xml:1: a declaration without its end ?>");
    refused("<!DOCTYPE a [<!ENTITY x 'y'>]>\n<a/>",
            "cfg.xml:1: a document type or the like, elements accepted");
    refused("<![CDATA[x]]><a/>", "cfg.xml:1: a document type or the like, elements accepted");
    refused("<a><b><c><d><e><f><g><h><i><j><k><l><m><n><o><p><q/></p></o></n></m></l></k></j></i>"
            "</h></g></f></e></d></c></b></a>  <z/>",
            "cfg.xml:1: a second root element, one accepted");
    refused("<a><b><c><d><e><f><g><h><i><j><k><l><m><n><o><p><q>",
            "cfg.xml:1: elements nested too deeply, 16 levels accepted");
}

static void the_encoding_is_utf_8(void)
{
    static const char *const wrong[] = {
        "\n<a>\xff</a>",         "\n<a>\xc3</a>",         "\n<a>\xc0\x80</a>",
        "\n<a>\xe0\x80\x80</a>", "\n<a>\xed\xa0\x80</a>", "\n<a>\xf0\x80\x80\x80</a>",
        "\n<a>\x80</a>",         "\n<a>\xe2\x82",         "\n<a>\xf5\x80\x80\x80</a>",
        "\n<P8628>\xe4\xf6</P8628>", "\n<a>\xf4\x90\x80\x80</a>",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        refused(wrong[i], "cfg.xml:2: not UTF-8");
    refused("<a>\n\x1b[2J</a>", "cfg.xml:2: a control character");
    refused("<a>\n\x7f</a>", "cfg.xml:2: a control character");
    /* ISO 8859-1, and UTF-16 with its byte order mark. */
    refused("<?xml version='1.0' encoding='ISO-8859-1'?>\n<P8628>Zo\xeb</P8628>",
            "cfg.xml:2: not UTF-8");
    refused("\xff\xfe<", "cfg.xml:1: not UTF-8");
    CHECK(accepted("<?xml version='1.0'?><P8626>1</P8626>").mode == 1);

    struct settings settings;
    struct settings_error error;
    CHECK(!parse("<a>\0</a>", 8, &settings, &error));
    CHECK(strcmp(error.text, "cfg.xml:1: a control character") == 0);
}

static void the_file_has_a_limit(void)
{
    size_t len = SETTINGS_FILE_MAX;
    char *text = malloc(len + 1);
    struct settings settings;
    struct settings_error error;
    CHECK(text != NULL);
    memset(text, ' ', len + 1);
    memcpy(text, "<P8626>1</P8626>", 16);
    CHECK(parse(text, len, &settings, &error) && settings.mode == 1);
    CHECK(!parse(text, len + 1, &settings, &error));
    CHECK(strcmp(error.text, "cfg.xml:1: more than 65536 octets given, at most 65536 accepted") ==
          0);
    free(text);
}

static void errors_never_have_the_password(void)
{
    static const char *const texts[] = {
        "<a><P8628>hunter2hunter2hunter2hunter2hunter2</P8628></a>",
        "<a><P8628>hunter2&bad;</P8628></a>",
        "<a><P8628>hunter2</P8629></a>",
        "<a><P8628>hunter2",
        "<a><P8628>hunter2<b/></P8628></a>",
        "<a><P8628>hunter2</P8628><P8628>hunter2</P8628></a>",
        "<a><P8626>hunter2</P8626></a>",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct settings settings;
        struct settings_error error;
        CHECK(!parse(texts[i], strlen(texts[i]), &settings, &error));
        CHECK(error.text[0] != '\0' && strstr(error.text, "hunter2") == NULL);
    }
}

/* As an editor or an interrupted download leaves the example's file. */
static void every_truncation_and_every_changed_octet_gives_an_error_or_settings(void)
{
    static char sample[SETTINGS_FILE_MAX];
    FILE *file = fopen("../../examples/c/cfg-example.xml", "rb");
    CHECK(file != NULL);
    size_t len = fread(sample, 1, sizeof sample, file);
    fclose(file);

    struct settings settings;
    struct settings_error error;
    CHECK(parse(sample, len, &settings, &error) && settings.mode == 1);
    CHECK(strcmp(settings.identity, "alice") == 0);
    CHECK(strcmp(settings.password, "a <secret> & more") == 0);
    for (size_t cut = 0; cut < len; cut++) {
        bool ok = parse(sample, cut, &settings, &error);
        CHECK(ok == (cut == len - 1)); /* only the last line feed is not needed */
        CHECK(ok || strncmp(error.text, "cfg.xml:", 8) == 0);
    }
    static const char others[] = {'<', '>', '&', ';', '/', '\'', '"', ' ', '\n', '\0', '0', '\xff'};
    for (size_t at = 0; at < len; at++) {
        for (size_t i = 0; i < sizeof others; i++) {
            char original = sample[at];
            sample[at] = others[i];
            bool ok = parse(sample, len, &settings, &error);
            sample[at] = original;
            CHECK(ok ? settings.mode <= SETTINGS_MODE_MAX : error.text[0] != '\0');
        }
    }
}

static void files_are_read(void)
{
    char path[] = "/tmp/test_settings.XXXXXX";
    struct settings settings;
    struct settings_error error;
    int descriptor = mkstemp(path);
    CHECK(descriptor >= 0);
    FILE *file = fdopen(descriptor, "w");
    CHECK(file != NULL && fputs("<a>\n<P8626>1</P8626></a>\n", file) >= 0);
    CHECK(fflush(file) == 0 && settings_read(&settings, path, &error) && settings.mode == 1);
    for (unsigned i = 0; i < SETTINGS_FILE_MAX; i++)
        CHECK(fputc(' ', file) == ' ');
    CHECK(fclose(file) == 0 && !settings_read(&settings, path, &error));
    CHECK(strstr(error.text, ":1: more than 65536 octets given") != NULL);
    CHECK(unlink(path) == 0 && !settings_read(&settings, path, &error));
    CHECK(strncmp(error.text, path, strlen(path)) == 0);
    CHECK(strcmp(error.text + strlen(path), ": No such file or directory") == 0);
    CHECK(!settings_read(&settings, "/", &error));
    CHECK(strcmp(error.text, "/: Is a directory") == 0);
}

int main(void)
{
    everything_is_read();
    what_is_missing_is_empty_and_disabled();
    other_elements_are_skipped();
    text_is_taken_as_it_is_meant();
    modes_are_digits_from_0_to_7();
    mode_2_needs_both_certificates();
    mode_7_needs_one_of_three();
    who_has_a_certificate_is_known_by_the_ca();
    tunnels_need_the_certificate_of_the_network();
    lengths_are_counted_in_characters();
    values_are_one_line_of_text();
    a_parameter_is_given_once();
    entities_are_those_of_xml();
    the_file_is_well_formed();
    the_encoding_is_utf_8();
    the_file_has_a_limit();
    errors_never_have_the_password();
    every_truncation_and_every_changed_octet_gives_an_error_or_settings();
    files_are_read();
    return checks > 0 ? 0 : 1;
}
